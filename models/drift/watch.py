"""One look at a predictor in service: its features, its calibration, its coverage and its feed, since it learnt."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from features.calendar import days
from models.dataset import ROW
from models.drift.alarms import Alarm, alarms, evidence, needed
from models.drift.expected import expected
from models.drift.feed import unlike
from models.drift.rows import Past, before, forecast, judged_before, since
from models.drift.settings import Monitoring
from models.drift.streams import KINDS, STREAMS, chances, day_of, features, intervals
from models.drift.told import Finding, scores
from models.metrics import scores as realised
from models.predictor import Predictor

TOLD = ("hit_share", "brier", "precision_at_k", "coverage80", "pinball_all")


@dataclass(frozen=True, eq=False)
class Watched:
    """What is looked at.

    Attributes:
        predictor: in service.
        judged: the forecasts by which it was judged when it was trained; empty where it was not.
        past: what is known now.
        feed: how much came in, as `models.drift.feed.feed` tells it.
        settings: how closely.
    """

    predictor: Predictor
    judged: pl.DataFrame
    past: Past
    feed: pl.DataFrame
    settings: Monitoring

    @property
    def begins(self) -> date:
        """The first business day that the predictor knew nothing of."""
        return day_of(self.predictor.as_of, self.past.sensing.market.timezone)

    @property
    def today(self) -> date:
        """The business day of the look, which is not over."""
        return day_of(self.past.as_of, self.past.sensing.market.timezone)

    def usual(self, streams: pl.DataFrame) -> pl.DataFrame:
        """The days that are over and not in a festival or its run-up: on those everything is unlike, as is known."""
        if not streams.height:
            return streams
        first, last = streams.select(pl.col("day").min(), last=pl.col("day").max()).row(0)
        festive = days(first, last, self.past.sensing).filter("in_festival")
        return streams.filter(pl.col("day") < self.today).join(festive, on="day", how="anti")


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found.

    Attributes:
        streams: what was watched, day by day (`STREAMS`).
        evidence: of a change, stream by stream and kind by kind (`models.drift.alarms.EVIDENCE`).
        psi: how far each feature has moved (`models.drift.streams.PSI`).
        alarms: the kinds that have changed.
        rows: the predictor's forecasts since it learnt, with what became of them where it is known, and `day`.
        features: the same rows with their features, for another predictor to forecast from.
        findings: the same as rows that are kept.
    """

    streams: pl.DataFrame
    evidence: pl.DataFrame
    psi: pl.DataFrame
    alarms: tuple[Alarm, ...]
    rows: pl.DataFrame
    features: pl.DataFrame
    findings: tuple[Finding, ...]


def look(watched: Watched, top: int) -> Seen:
    """Hold what came since a predictor learnt against what it learnt from.

    Args:
        watched: what is looked at.
        top: k of precision at k.
    """
    predictor, past, settings = watched.predictor, watched.past, watched.settings
    horizon = timedelta(days=predictor.settings.horizon_days)
    old = past.rows(before(predictor, settings.reference_days), horizon).filter(pl.col("day") < watched.begins)
    new = past.rows(since(predictor, past.as_of), horizon)
    told = forecast(predictor, new)
    middle = old.select(pl.col("day").median()).item()
    learnt = old.filter(pl.col("day") <= middle) if middle else old
    later = pl.concat([old.join(learnt.select(ROW), on=ROW, how="anti"), new.filter(pl.col("day") < watched.today)])
    moved, psi = features(learnt, later, settings)
    over = told.filter(pl.col("day") < watched.today, pl.col("demand_units").is_not_null())
    came = unlike(watched.feed, watched.begins, settings.feed_factor)
    streams = pl.concat([moved, *_of_forecasts(watched, over), came]).pipe(watched.usual)
    found = evidence(streams, watched.begins, settings)
    raised = alarms(found, psi, settings)
    rows = (*_of_kinds(found, raised, settings), *_of_psi(psi, settings), *_of_scores(told, over, top))
    return Seen(streams, found, psi, raised, told, new, rows)


def _of_forecasts(watched: Watched, over: pl.DataFrame) -> list[pl.DataFrame]:
    """Calibration and coverage, before and since; nothing where the predictor was never judged."""
    if not watched.judged.height:
        return [pl.DataFrame(schema=STREAMS)]
    own = judged_before(watched.judged, watched.predictor, watched.past.sensing.market.timezone)
    earlier = own.filter(pl.col("day") < watched.begins)
    both = pl.concat([earlier, over], how="diagonal_relaxed")
    return [chances(both), intervals(both)]


def _of_kinds(found: pl.DataFrame, raised: tuple[Alarm, ...], settings: Monitoring) -> list[Finding]:
    bound, alarm = needed(settings), {one.kind: one for one in raised}
    last = found.group_by("kind", "stream", maintain_order=True).agg(
        pl.col("evidence").last().alias("now"), pl.col("evidence").max().alias("most"), pl.col("day").last()
    )
    told = [
        Finding(kind, stream or kind, most, bound, alarm=stream is None and kind in alarm, since=_since(kind, alarm))
        for kind, stream, _, most, _ in last.iter_rows()
    ]
    silent = [kind for kind in KINDS if not found.filter(kind=kind).height]
    return [*told, *(Finding(kind, kind, said="too few days to compare with: not watched") for kind in silent)]


def _since(kind: str, alarm: dict[str, Alarm]) -> date | None:
    return alarm[kind].since if kind in alarm else None


def _of_psi(psi: pl.DataFrame, settings: Monitoring) -> list[Finding]:
    return [
        Finding("psi", feature, value, settings.psi_moved, said=group if steady else f"{group}: moves anyway")
        for group, feature, value, steady in psi.sort("psi", "feature", descending=[True, False]).iter_rows()
    ]


def _of_scores(told: pl.DataFrame, over: pl.DataFrame, top: int) -> list[Finding]:
    """What the forecasts promise: of listings not over yet, and of those that are over beside what they came to."""
    waiting = told.filter(pl.col("demand_units").is_null())
    labelled = over.filter(pl.col("hit").is_not_null())
    came = realised(labelled, top) if labelled.height else {}
    return [
        *scores("expected", expected(waiting, top)),
        *scores("promised", expected(labelled, top)),
        *scores("realised", {name: came[name] for name in TOLD if name in came}),
    ]
