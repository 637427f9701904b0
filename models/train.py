"""Learning: from a dataset to a predictor, tried on later time, put right, and grown anew from everything."""

from dataclasses import dataclass, replace

import polars as pl

from models import baselines
from models.dataset import ROW, TRUTH, Dataset
from models.forest import HITS, regrown
from models.predictor import Learnt, Predictor
from models.prior import Prior
from models.returns import Returns
from models.rolling import Trial, correction, trials
from models.settings import ModelSettings

CHALLENGER, CHAMPION = "challenger", "champion"
KEPT = (*ROW, *TRUTH)


@dataclass(frozen=True, eq=False)
class Training:
    """A trained predictor and the forecasts it is judged by.

    Attributes:
        predictor: grown from all rows.
        judged: one row per predictor, fold and listing at a cutoff: `predictor`, `fold`, ROW, TRUTH and the forecast;
            every forecast by something trained before the fold. Empty where there was too little time.
        gains: `feature`, and how much it helped the demand and the hit boosters, as shares.
        in_service: whether there is a champion that can still read today's features; one that cannot must go.
    """

    predictor: Predictor
    judged: pl.DataFrame
    gains: pl.DataFrame
    in_service: bool


def fit(dataset: Dataset, settings: ModelSettings, hit_share: float) -> Predictor:
    """A predictor from all that a dataset holds; the simple one where that is too little.

    The number of trees, the width of the distributions and the odds come from sessions later than those learnt from;
    then the trees are grown anew from all rows.

    Args:
        dataset: what `dataset.build` gave.
        settings: of the models.
        hit_share: expected share of hits, for where none was seen yet.
    """
    return _finished(dataset, settings, hit_share, _trials(dataset, settings))


def train(dataset: Dataset, settings: ModelSettings, hit_share: float, champion: Predictor | None = None) -> Training:
    """The same, with forecasts of every fold by the challenger, the baselines and, where it is older, the champion."""
    tried = _trials(dataset, settings)
    predictor = _finished(dataset, settings, hit_share, tried)
    serving = champion if champion and champion.reads(dataset.rows) else None
    judged = _judged(dataset, tried, _Rivals(predictor, serving, settings))
    return Training(predictor, judged, _gains(predictor), in_service=serving is not None)


@dataclass(frozen=True, eq=False)
class _Rivals:
    challenger: Predictor
    champion: Predictor | None
    settings: ModelSettings


def _trials(dataset: Dataset, settings: ModelSettings) -> list[Trial]:
    return list(trials(dataset, settings)) if dataset.listings >= settings.min_rows else []


def _finished(dataset: Dataset, settings: ModelSettings, hit_share: float, tried: list[Trial]) -> Predictor:
    learnt = None
    if tried:
        forest = regrown(dataset, tried[0].forest.rounds, settings)
        learnt = Learnt(forest, correction(tried, settings))
    return Predictor(
        as_of=dataset.as_of,
        settings=settings,
        returns=Returns.of(dataset, settings),
        prior=Prior.of(dataset, hit_share, settings),
        learnt=learnt,
        listings=dataset.listings,
    )


def _judged(dataset: Dataset, tried: list[Trial], rivals: _Rivals) -> pl.DataFrame:
    """Fold by fold; the first window, on which the trees were tuned, judges only where it is the only one."""
    frames = []
    for fold in range(1 if len(tried) > 1 else 0, len(tried)):
        trial = tried[fold]
        told = {CHALLENGER: _at_the_time(dataset, trial, tried[:fold], rivals)}
        told |= baselines.forecasts(trial.window.before(dataset), trial.later.rows, rivals.settings)
        if rivals.champion and rivals.champion.as_of <= trial.window.begin:
            told[CHAMPION] = rivals.champion.forecast(trial.later.rows)
        truth = trial.later.rows.select(KEPT)
        frames += [
            truth.hstack(forecast.drop(ROW)).select(
                pl.lit(name).alias("predictor"), pl.lit(max(fold, 1), pl.Int64).alias("fold"), pl.all()
            )
            for name, forecast in told.items()
        ]
    return pl.concat(frames) if frames else pl.DataFrame()


def _at_the_time(dataset: Dataset, trial: Trial, past: list[Trial], rivals: _Rivals) -> pl.DataFrame:
    """What a predictor made before the fold would have said: corrected only by trials that lay before it too.

    Of returns it says what is usual: the challenger's booster of returns has seen how the fold ended.
    """
    learnt = (
        Learnt(trial.forest, correction(past, rivals.settings, trial.window.begin)) if past else Learnt(trial.forest)
    )
    usual = Returns.usual(trial.window.before(dataset).rows, rivals.settings)
    return replace(rivals.challenger, learnt=learnt, returns=usual).forecast(trial.later.rows)


def _gains(predictor: Predictor) -> pl.DataFrame:
    schema = {"feature": pl.String, "demand": pl.Float64, "hits": pl.Float64}
    if predictor.learnt is None:
        return pl.DataFrame(schema=schema)
    boosters = predictor.learnt.forest.boosters
    names = predictor.learnt.forest.encoding.names
    demand = predictor.learnt.forest.demand.gains()
    hits = boosters[HITS].gains() if HITS in boosters else {}
    columns = {"demand": [demand.get(n, 0.0) for n in names], "hits": [hits.get(n, 0.0) for n in names]}
    return (
        pl.DataFrame({"feature": names, **columns}, schema=schema)
        .with_columns(pl.col(name) / pl.col(name).sum().clip(1e-12) for name in columns)
        .sort("demand", "feature", descending=[True, False])
    )
