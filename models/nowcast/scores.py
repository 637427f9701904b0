"""How good nowcasts were, by minutes since opening."""

from collections.abc import Mapping

import polars as pl

from models.accuracy import balanced_scores, demand_scores
from models.dataset import ROW
from models.nowcast.nowcaster import learnt, parted
from models.nowcast.rivals import rivals
from models.nowcast.view import OPEN
from models.settings import ModelSettings

OURS, BEFORE = "nowcast", "before"
SCORED = ("pinball", "wape", "coverage80")
SCHEMA = pl.Schema({"predictor": pl.String(), "minute": pl.String(), "metric": pl.String(), "value": pl.Float64()})


def tried(rows: pl.DataFrame, settings: ModelSettings) -> pl.DataFrame:
    """Nowcasts and rivals that learnt from the earlier sessions, judged on the later ones.

    Args:
        rows: finished listings (`lessons`).
        settings: of the models.

    Returns:
        What `scores` gives; no rows where there is too little to learn from.
    """
    earlier, later = parted(rows, settings.nowcast.later_share)
    nowcaster = learnt(earlier, settings) if earlier.height and later.height else None
    if nowcaster is None:
        return SCHEMA.to_frame()
    said = {OURS: nowcaster.told(later, settings.threads), **rivals(earlier, later, settings)}
    return scores(later, said)


def scores(rows: pl.DataFrame, said: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per predictor, minute and metric.

    Args:
        rows: what became of listings at instants within their sessions (`lessons`).
        said: what each predictor said of each row, in its order.

    Returns:
        `predictor`, `minute` ("before" a listing opened, else minutes since), `metric`, `value`: `pinball`, `wape` and
        `coverage80` of listings that did not sell out, and with `_all` of all, sold-out ones by their rebuilt demand.
    """
    told = []
    for name, frame in said.items():
        judged = rows.select(OPEN, "demand_units", "censored", "available_share").hstack(frame.drop(ROW))
        for (minute,), part in judged.partition_by(OPEN, as_dict=True).items():
            label = BEFORE if minute is None else f"{minute:g}"
            told += [(name, label, metric, value) for metric, value in _wanted(part).items()]
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def _wanted(part: pl.DataFrame) -> dict[str, float]:
    every = demand_scores(part) | balanced_scores(part)
    return {name: every[name] for name in (*SCORED, "pinball_all", "wape_all") if name in every}
