"""What a backtest says: every metric of every predictor, in every fold and kind of listing, with how sure it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from models.grid import Floats
from models.metrics import drawn, scores
from models.paired import Difference, Draws, interval
from models.settings import ModelSettings
from models.train import CHALLENGER

COLUMNS = {
    "predictor": pl.String, "scope": pl.String, "fold": pl.Int64, "split": pl.String, "metric": pl.String,
    "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip
OPEN, LOCKED, ALL, FOLD = "open", "locked", "all", "fold"
SPLITS: Mapping[str, pl.Expr] = {
    ALL: pl.lit(value=True),
    "known": ~pl.col("new_product"),
    "new": pl.col("new_product"),
    "capped": pl.col("capped"),
    "uncapped": ~pl.col("capped"),
    "small": ~pl.col("large_session"),
    "large": pl.col("large_session"),
}
COMPARED = ("pinball_all", "wape_all", "ap_all", "profit_share")  # ours and a rival, on the same draws
GAIN = "_gain"
ORDER = ("origin", "session_id", "product_id")

Row = tuple[str, str, int | None, str, str, float | None, float | None, float | None]


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows of a backtest that are judged together, all predictors in the same order."""

    scope: str
    fold: int | None
    split: str
    rows: Mapping[str, pl.DataFrame]

    @property
    def shaken(self) -> bool:
        """Whether intervals are drawn: everywhere but in the splits of single folds, of the locked block and of all."""
        return self.split == ALL or self.scope == OPEN

    def told(self, settings: ModelSettings) -> Iterator[Row]:
        """All metrics of all predictors, ours first, with what ours gains on the others."""
        first = next(iter(self.rows.values()))
        draws = Draws.of(first["session_id"], 1, settings.seed) if self.shaken else None
        ours: Mapping[str, Floats] = {}
        for name, rows in self.rows.items():
            own = drawn(rows, draws, settings.top) if draws else {}
            ours = own if name == CHALLENGER else ours
            for metric, value in scores(rows, settings.top).items():
                low, high = interval(own[metric]) if metric in own else (None, None)
                yield name, self.scope, self.fold, self.split, metric, value, low, high
            if name != CHALLENGER:
                yield from self._gains(name, ours, own)

    def _gains(self, rival: str, ours: Mapping[str, Floats], theirs: Mapping[str, Floats]) -> Iterator[Row]:
        for metric in COMPARED:
            if metric in ours and metric in theirs:
                found = Difference.of(metric, ours[metric], theirs[metric])
                values = (found.value, found.low, found.high)
                yield rival, self.scope, self.fold, self.split, f"{metric}{GAIN}", *values


def report(judged: pl.DataFrame, settings: ModelSettings) -> pl.DataFrame:
    """One row per predictor, scope, split and metric.

    Args:
        judged: what `models.backtest.backtest` gave; with the columns of the money also its shares.
        settings: `top` is the k of precision and gain at k; `seed` draws the sessions.

    Returns:
        `COLUMNS`. `scope` is `open` (all folds but the locked one: what choices are made by), `locked`, `all`, or
        `fold`, whose number stands in `fold`. `split` is `all` or a kind of listing. `value` by the names of
        `models.metrics.scores`, and, in the rows of a rival, `<metric>_gain`: by how much ours is better, positive for
        better. [`low`, `high`] holds 90% of 500 draws of whole sessions; null where none were drawn, which is in the
        splits of any scope but `open`, and for the line of reliability.
    """
    ordered = judged.sort("predictor", *ORDER)  # once: each part keeps it
    rows = [row for part in _parts(ordered) for row in part.told(settings)]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row").filter(pl.col("value").is_not_null())


def scores_of(told: pl.DataFrame) -> pl.DataFrame:
    """A report as the records keep it: `predictor`, `fold` (null but in single folds), `metric`, `value`.

    A metric is named by the path of its scope and split, of which `open` and `all` kinds are left out: `ap`, `new/ap`,
    `locked/ap`, `all/new/ap`; the ends of its interval are `ap_low` and `ap_high`.
    """
    scope = pl.when(pl.col("scope").is_in([OPEN, FOLD])).then(pl.lit("")).otherwise(pl.col("scope") + "/")
    split = pl.when(pl.col("split") == ALL).then(pl.lit("")).otherwise(pl.col("split") + "/")
    ends = {"value": "", "low": "_low", "high": "_high"}
    each = [
        told.select("predictor", "fold", metric=scope + split + pl.col("metric") + end, value=column)
        for column, end in ends.items()
    ]
    return pl.concat(each).drop_nulls("value")


def _parts(judged: pl.DataFrame) -> Iterator[_Part]:
    for scope, fold, kept in _scopes(judged):
        for split, kind in SPLITS.items():
            own = judged.filter(kept, kind)
            each = {str(name): rows for (name,), rows in own.partition_by("predictor", as_dict=True).items()}
            if each:
                yield _Part(scope, fold, split, dict(sorted(each.items(), key=lambda one: one[0] != CHALLENGER)))


def _scopes(judged: pl.DataFrame) -> Iterator[tuple[str, int | None, pl.Expr]]:
    yield OPEN, None, ~pl.col("locked")
    yield LOCKED, None, pl.col("locked")
    yield ALL, None, pl.lit(value=True)
    for fold in judged["fold"].unique().sort():
        yield FOLD, int(fold), pl.col("fold") == fold
