"""Why a listing is ranked as it is, in words: the features that moved its score most."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from features.catalog import CATALOG, GROUPS
from features.feature import Feature
from models.forest import HITS
from models.grid import Floats, Ints
from models.predictor import PRIOR_NOTE, Learnt, Predictor

COUNT = 3
_FEATURES: Mapping[str, Feature] = {feature.name: feature for feature in CATALOG}
_TOPIC = {feature.name: group for group, some in GROUPS.items() for feature in some}


def reasons(predictor: Predictor, features: pl.DataFrame) -> pl.Series:
    """The three strongest reasons for each listing's chance of being a hit, strongest first.

    Contributions are the boosters' own (Lundberg et al. 2018, arXiv 1802.03888). Features that tell of the same thing,
    such as last week's and last month's units, are added up and named by the strongest, so that three reasons are
    three things. Costs about a millisecond a listing: ask for the listings that are shown.

    Args:
        predictor: that made the forecast.
        features: the feature table that it forecast from.

    Returns:
        `reasons`, List(String), one row a row: `units sold in its last session: 123 (raises)`.
    """
    if predictor.learnt is None:
        return pl.Series("reasons", [[PRIOR_NOTE]] * features.height, dtype=pl.List(pl.String))
    moved, names = _moved(predictor.learnt, features, predictor.settings.threads)
    topics = _topics(names)
    strongest, weight = _strongest(moved, topics)
    texts = [_said(features, names, strongest[:, rank], weight[:, rank]) for rank in range(strongest.shape[1])]
    together = pl.DataFrame({str(rank): text for rank, text in enumerate(texts)})
    return together.select(pl.concat_list(pl.all()).list.drop_nulls().alias("reasons")).to_series()


def _moved(learnt: Learnt, features: pl.DataFrame, threads: int) -> tuple[Floats, list[str]]:
    boosters = learnt.forest.boosters
    asked = boosters.get(HITS, boosters["middle"])
    return asked.contributions(learnt.forest.encoding.matrix(features), threads), learnt.forest.encoding.names


def _topics(names: Sequence[str]) -> Ints:
    """A number for each feature's topic; a feature outside the catalog is its own topic."""
    told = [_TOPIC.get(name, name) for name in names]
    return np.unique(told, return_inverse=True)[1].astype(np.int64)


def _strongest(moved: Floats, topics: Ints) -> tuple[Ints, Floats]:
    """For each row its strongest topics: the feature that names each, and how far the topic moved the score."""
    rows, count = len(moved), int(topics.max()) + 1
    total, named = np.zeros((rows, count)), np.zeros((rows, count), dtype=np.int64)
    for topic in range(count):
        mine = np.flatnonzero(topics == topic)
        total[:, topic] = moved[:, mine].sum(axis=1)
        # The name must pull the way that its topic does, or the reason would contradict itself.
        pull = moved[:, mine] * np.sign(total[:, [topic]])
        named[:, topic] = mine[pull.argmax(axis=1)]
    order = np.argsort(-np.abs(total), axis=1, kind="stable")[:, :COUNT]
    return np.take_along_axis(named, order, axis=1), np.take_along_axis(total, order, axis=1)


def _said(features: pl.DataFrame, names: Sequence[str], chosen: Ints, weight: Floats) -> pl.Series:
    """The text of one reason a row."""
    rows = pl.DataFrame({"row": np.arange(len(chosen)), "feature": chosen, "weight": weight})
    said = [
        rows.filter(feature=number)
        .with_columns(value=_value(features[name].gather(rows.filter(feature=number)["row"]), name))
        .with_columns(
            text=pl.format(
                "{}: {} ({})",
                pl.lit(_words(name)),
                "value",
                pl.when(pl.col("weight") > 0).then(pl.lit("raises")).otherwise(pl.lit("lowers")),
            )
        )
        .with_columns(pl.when(pl.col("weight") != 0).then(pl.col("text")).alias("text"))
        for number, name in enumerate(names)
        if number in set(np.unique(chosen).tolist())
    ]
    return pl.concat(said).sort("row")["text"] if said else pl.Series("text", [], dtype=pl.String)


def _words(name: str) -> str:
    return _FEATURES[name].words if name in _FEATURES else name.replace("_", " ")


def _value(values: pl.Series, name: str) -> pl.Series:
    """A feature's values as a merchant reads them."""
    unit = _FEATURES[name].unit if name in _FEATURES else ""
    if values.dtype == pl.String:
        return values.fill_null("unknown")
    exact = values.cast(pl.Float64)
    if unit == "0 or 1":
        told = pl.Series(np.where(exact.fill_null(0.0).to_numpy() > 0, "yes", "no"))
    elif unit == "share":
        told = _number((100 * exact).round(0)) + "%"
    else:
        told = _number(exact.round(2))
    return told.zip_with(exact.is_not_null(), pl.Series(["unknown"] * len(exact), dtype=pl.String))


def _number(values: pl.Series) -> pl.Series:
    """At most two decimals, and none where there is nothing behind the point."""
    return values.fill_null(0.0).cast(pl.String).str.replace(r"\.0$", "")
