"""Whether a challenger may take over: rules, held against forecasts of the same listings."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import polars as pl

from models.metrics import GOOD, scores
from models.settings import ModelSettings, Promotion
from models.train import CHALLENGER, CHAMPION

HITS = "ap_all"
# The first that both have decides: rivals may lack some quantiles, or all but the middle.
DEMAND = ("pinball_all", "pinball3_all", "wape_all")
# Metrics of calibration, and where each is right.
RIGHT: Mapping[str, float] = {"reliability_slope": 1.0, "coverage80": 0.8}


class Standing(Enum):
    """How the predictors in service stand when a challenger comes."""

    ABSENT = auto()
    """There is none."""
    SOUND = auto()
    """One can be used: the champion, or the one before it where the champion is broken."""
    BROKEN = auto()
    """Each is broken for certain."""
    UNCHECKED = auto()
    """One could not be checked: it may be sound."""


_UNOPPOSED: Mapping[Standing, str] = {
    Standing.ABSENT: "the first predictor",
    Standing.BROKEN: "no predictor in service can be used, so the new one",
}


@dataclass(frozen=True)
class Rule:
    """One rule and what came of it.

    Attributes:
        name: `beats last_session`, `reliability_slope`.
        kept: whether it is fulfilled.
        required: whether promotion depends on it.
        said: the numbers, in words.
    """

    name: str
    kept: bool
    required: bool
    said: str


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes over, and why.

    Attributes:
        promoted: it becomes champion.
        lost_to: baselines that it does not beat.
        reasons: in words, for the run and the list; the first is the decision.
        rules: each rule that could be held against the forecasts.
    """

    promoted: bool
    lost_to: tuple[str, ...]
    reasons: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Bench:
    """By what is judged: the rules, and k of precision at k.

    Attributes:
        promotion: the rules.
        models: the settings of the metrics.
    """

    promotion: Promotion
    models: ModelSettings


def verdict(judged: pl.DataFrame, bench: Bench, standing: Standing) -> Verdict:
    """Compare on equal terms: each rival on the listings that it forecast itself, the challenger on the same ones.

    The first predictor always takes over, and so does one where all in service are broken; none does where that cannot
    be known. A later one does if it keeps the required rules beside the champion, on
    folds that began after the champion was trained, and beside every baseline. To beat is to be better in demand or in
    hits by more than `tie`, and in neither worse by more than it. Calibration is held against the champion's alone.

    Args:
        judged: what `train` gave.
        bench: by what is judged.
        standing: of the predictors in service.
    """
    rivals = judged["predictor"].unique().sort().to_list() if judged.height else []
    baselines = {name: _beats(judged, name, bench) for name in rivals if name not in (CHALLENGER, CHAMPION)}
    champions = _beside_champion(judged, bench) if CHAMPION in rivals else ()
    lost_to = tuple(name for name, rule in baselines.items() if not rule.kept)
    rules = (*baselines.values(), *champions)
    if standing in _UNOPPOSED:
        although = f", although it does not beat {', '.join(lost_to)}" if lost_to else ""
        promoted, why = True, f"{_UNOPPOSED[standing]} takes over{although}"
    elif standing is Standing.UNCHECKED:
        promoted, why = False, "the champion stays: a predictor in service could not be checked, and it may be sound"
    elif not champions:
        promoted, why = False, "the champion stays: no fold lies after it was trained, so the two cannot be compared"
    else:
        promoted = all(rule.kept for rule in rules if rule.required)
        why = "the challenger takes over" if promoted else "the champion stays"
    return Verdict(promoted, lost_to, (why, *(rule.said for rule in rules)), rules)


def _beside_champion(judged: pl.DataFrame, bench: Bench) -> tuple[Rule, ...]:
    """Whether the challenger is better than the champion, and no worse calibrated."""
    ours, theirs = _both(judged, CHAMPION, bench)
    allowed = {
        "reliability_slope": bench.promotion.max_slope_worsening,
        "coverage80": bench.promotion.max_coverage_worsening,
    }
    told = [name for name in RIGHT if name in ours and name in theirs]
    calibration = (_no_farther(name, (ours[name], theirs[name]), allowed[name]) for name in told)
    return (_beats(judged, CHAMPION, bench), *calibration)


def _beats(judged: pl.DataFrame, rival: str, bench: Bench) -> Rule:
    """Whether the challenger is better than a rival."""
    rules = bench.promotion
    required = rules.beat_champion if rival == CHAMPION else rules.beat_baselines
    ours, theirs = _both(judged, rival, bench)
    demand = next((name for name in DEMAND if name in ours and name in theirs), None)
    metrics = [name for name in (demand, HITS) if name and name in ours and name in theirs]
    if not metrics:
        return Rule(f"beats {rival}", kept=False, required=required, said=f"cannot be compared with {rival}")
    gains = [(GOOD[name](ours[name]) - GOOD[name](theirs[name])) / max(abs(theirs[name]), 1e-9) for name in metrics]
    won = max(gains) > rules.tie and min(gains) >= -rules.tie
    numbers = ", ".join(f"{name} {ours[name]:.4g} against {theirs[name]:.4g}" for name in metrics)
    said = f"{'beats' if won else 'does not beat'} {rival}: {numbers}"
    return Rule(f"beats {rival}", kept=won, required=required, said=said)


def _no_farther(metric: str, values: tuple[float, float], allowed: float) -> Rule:
    """Whether the challenger's metric lies hardly farther from where it is right than the champion's."""
    ours, theirs = (abs(value - RIGHT[metric]) for value in values)
    kept = ours - theirs <= allowed
    said = (
        f"{'keeps' if kept else 'does not keep'} {metric}: {values[0]:.4g} against the champion's {values[1]:.4g}, "
        f"right at {RIGHT[metric]:g}, at most {allowed:g} worse"
    )
    return Rule(metric, kept=kept, required=True, said=said)


def _both(judged: pl.DataFrame, rival: str, bench: Bench) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """The challenger's scores and a rival's, both on the rows that the rival forecast."""
    theirs = judged.filter(predictor=rival)
    keys = ["fold", "session_id", "product_id", "cutoff"]
    ours = judged.filter(predictor=CHALLENGER).join(theirs.select(keys), on=keys, how="semi")
    return scores(ours, bench.models.top), scores(theirs, bench.models.top)
