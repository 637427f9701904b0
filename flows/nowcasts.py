"""Learning to forecast within sessions: the predictor's own forecasts of past sessions, put right by how they ran."""

import logging
from dataclasses import replace

import polars as pl

from flows.lessons import Judged, Lessons
from models.nowcast.lessons import lessons as within_sessions
from models.nowcast.nowcaster import learnt
from models.nowcast.scores import OURS, tried
from models.train import CHALLENGER

LOG = logging.getLogger("baokuan.train")


def learn_nowcasts(lessons: Lessons, judged: Judged) -> Judged:
    """The same with a predictor that also tells, while a session runs, what its listings will have sold in the end.

    It learns from listings that were forecast before they came by what had not seen them: those that the predictor was
    judged by. Where they are too few it learns nothing, and plans go on as they were.
    """
    if judged.training.judged.is_empty():
        return judged
    planned = judged.training.judged.filter(predictor=CHALLENGER)
    sensing = lessons.site.settings().sensing()
    rows = within_sessions(lessons.data.tables, planned, sensing, lessons.settings.nowcast)
    nowcaster = learnt(rows, lessons.settings)
    if nowcaster is None:
        LOG.info("%d rows within sessions are too few to learn nowcasts from", rows.height)
        return judged
    told = tried(rows, lessons.settings)
    LOG.info("nowcasts of %d listings learnt from %d rows", nowcaster.listings, rows.height)
    training = replace(judged.training, predictor=replace(judged.training.predictor, nowcaster=nowcaster))
    return replace(judged, training=training, scores=pl.concat([judged.scores, _as_metrics(told)]))


def _as_metrics(told: pl.DataFrame) -> pl.DataFrame:
    """Scores by minute as metrics of the run: `nowcast/pinball/5m`, and `nowcast/plan/pinball/5m` of a rival."""
    who = pl.when(pl.col("predictor") == OURS).then(pl.lit("")).otherwise(pl.col("predictor") + "/")
    unit = pl.when(pl.col("minute").str.contains(r"^\d")).then(pl.lit("m")).otherwise(pl.lit(""))
    return told.select(
        pl.lit(CHALLENGER).alias("predictor"),
        pl.lit(None, pl.Int64).alias("fold"),
        pl.concat_str(pl.lit("nowcast/"), who, "metric", pl.lit("/"), "minute", unit).alias("metric"),
        "value",
    )
