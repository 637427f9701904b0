"""Which predictor is better, on the same listings, and whether the challenger may take over."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from models.metrics import BETTER, scores
from models.settings import ModelSettings
from models.train import CHALLENGER, CHAMPION

SCORES = {"predictor": pl.String, "fold": pl.Int64, "metric": pl.String, "value": pl.Float64}
HITS = "ap_all"
# The first that both have decides: rivals may lack some quantiles, or all but the middle.
DEMAND = ("pinball_all", "pinball3_all", "wape_all")


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes over, and why.

    Attributes:
        promoted: it becomes champion.
        lost_to: baselines that it does not beat.
        reasons: in words, for the run and the list.
    """

    promoted: bool
    lost_to: tuple[str, ...]
    reasons: tuple[str, ...]


def table(judged: pl.DataFrame, settings: ModelSettings) -> pl.DataFrame:
    """One row per predictor, fold and metric; a null fold holds the value over all folds together."""
    rows: list[tuple[str | int, str | int | None, str, float]] = []
    for name, own in _by(judged, "predictor"):
        rows += [(name, None, metric, value) for metric, value in scores(own, settings.top).items()]
        for fold, part in _by(own, "fold"):
            rows += [(name, fold, metric, value) for metric, value in scores(part, settings.top).items()]
    return pl.DataFrame(rows, schema=SCORES, orient="row")


def verdict(judged: pl.DataFrame, settings: ModelSettings, *, in_service: bool) -> Verdict:
    """Compare on equal terms: each rival on the listings that it forecast itself, the challenger on the same ones.

    The first predictor always takes over. A later one does if it beats the champion, on folds that began after the
    champion was trained, and every baseline. To beat is to be better in demand or in hits by more than `tie`, and in
    neither worse by more than it.

    Args:
        judged: what `train` gave.
        settings: `tie` is the relative difference that counts as equal.
        in_service: whether there is a champion at all.
    """
    rivals = judged["predictor"].unique().sort().to_list() if judged.height else []
    names = [name for name in rivals if name not in (CHALLENGER, CHAMPION)]
    told = {name: _compared(judged, name, settings) for name in (*names, *({CHAMPION} & set(rivals)))}
    lost_to = tuple(name for name in names if not told[name][0])
    reasons = [said for _, said in told.values()]
    if not in_service:
        first = "the first predictor takes over" + (
            f", although it does not beat {', '.join(lost_to)}" if lost_to else ""
        )
        return Verdict(promoted=True, lost_to=lost_to, reasons=(first, *reasons))
    if CHAMPION not in told:
        kept = "the champion stays: no fold lies after it was trained, so the two cannot be compared"
        return Verdict(promoted=False, lost_to=lost_to, reasons=(kept, *reasons))
    won = told[CHAMPION][0] and not lost_to
    why = "the challenger takes over" if won else "the champion stays"
    return Verdict(promoted=won, lost_to=lost_to, reasons=(why, *reasons))


def _compared(judged: pl.DataFrame, rival: str, settings: ModelSettings) -> tuple[bool, str]:
    """Whether the challenger beats a rival on the rival's own rows, and how that reads."""
    theirs = judged.filter(predictor=rival)
    keys = ["fold", "session_id", "product_id", "cutoff"]
    ours = judged.filter(predictor=CHALLENGER).join(theirs.select(keys), on=keys, how="semi")
    a, b = scores(ours, settings.top), scores(theirs, settings.top)
    demand = next((name for name in DEMAND if name in a and name in b), None)
    metrics = [name for name in (demand, HITS) if name in a and name in b]
    if not metrics:
        return False, f"cannot be compared with {rival}"
    gains = {name: BETTER[name](a[name], b[name]) / max(abs(b[name]), 1e-9) for name in metrics if name}
    won = max(gains.values()) > settings.tie and min(gains.values()) >= -settings.tie
    numbers = ", ".join(f"{name} {a[name]:.4g} against {b[name]:.4g}" for name in gains)
    return won, f"{'beats' if won else 'does not beat'} {rival}: {numbers}"


def _by(judged: pl.DataFrame, column: str) -> Iterable[tuple[str | int, pl.DataFrame]]:
    if not judged.height:
        return []
    return [(key[0], rows) for key, rows in judged.partition_by(column, as_dict=True, maintain_order=True).items()]
