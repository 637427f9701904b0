"""What is watched: numbers, one a day, that stay alike while nothing changes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from features.catalog import GROUPS
from models.drift.psi import binned, by_day, moved
from models.drift.settings import Monitoring

STREAMS = pl.Schema({"kind": pl.String(), "stream": pl.String(), "day": pl.Date(), "score": pl.Float64()})
"""One row a stream and day. `kind` is one of `KINDS`."""

FEATURES, CALIBRATION, COVERAGE, FEED = KINDS = ("features", "calibration", "coverage", "feed")
MOVES_ANYWAY = ("calendar", "clock")
"""Groups that tell the time: they move by themselves, and in ways that were always known."""

SAFE = 1e-6
PSI = pl.Schema({"group": pl.String(), "feature": pl.String(), "psi": pl.Float64(), "steady": pl.Boolean()})


def with_day(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Listings with the business `day` of their session."""
    return rows.with_columns(day=pl.col("scheduled_at").dt.convert_time_zone(timezone).dt.date())


def day_of(instant: datetime, timezone: str) -> date:
    """The business day of an instant."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def chances(rows: pl.DataFrame) -> pl.DataFrame:
    """How far hits lay from their chances, day by day, as `STREAMS` of calibration.

    `hits`: more of them than promised, in standard deviations; `ranking`: how much more of them than promised among
    listings that were ranked high than among those that were ranked low. The second falls where the old order of things
    is turned round, though there may be as many hits as ever.

    Args:
        rows: `day`, `p_hit` and `hit`; those without a label are left out.
    """
    p, x = pl.col("p_hit"), pl.col("odds") - pl.col("odds").mean().over("day")
    off, wide = pl.col("hit").cast(pl.Float64) - p, p * (1 - p)
    told = rows.filter(pl.col("hit").is_not_null()).with_columns(p.clip(SAFE, 1 - SAFE))
    daily = (
        told.with_columns(odds=(p / (1 - p)).log())
        .with_columns(off=off, wide=wide, tilt=off * x, tilt_wide=wide * x * x)
        .group_by("day")
        .agg(pl.col("off", "wide", "tilt", "tilt_wide").sum())
    )
    hits, ranking = pl.col("off") / pl.col("wide").sqrt(), pl.col("tilt") / pl.col("tilt_wide").sqrt()
    return long(daily.select("day", hits=hits, ranking=ranking), CALIBRATION)


def intervals(rows: pl.DataFrame) -> pl.DataFrame:
    """How often demand lay outside what was forecast, day by day, as `STREAMS` of coverage.

    `outside`: beyond the 10 to 90% interval more often than one in five, in standard deviations; `above`: above the
    median more often than not. Listings that sold out are left out: their demand was not seen.

    Args:
        rows: `day`, the forecast, `demand_units` and `censored`.
    """
    units = pl.col("demand_units")
    seen = rows.filter(~pl.col("censored"), units.is_not_null())
    outside = ((units < pl.col("demand_p10")) | (units > pl.col("demand_p90"))).cast(pl.Float64) - 0.2
    above = (units > pl.col("demand_p50")).cast(pl.Float64) - 0.5
    daily = seen.group_by("day").agg(
        outside=outside.sum() / (0.16 * pl.len()).sqrt(), above=above.sum() / (0.25 * pl.len()).sqrt()
    )
    return long(daily, COVERAGE)


def features(learnt: pl.DataFrame, rows: pl.DataFrame, settings: Monitoring) -> tuple[pl.DataFrame, pl.DataFrame]:
    """How far the features lie from those that were learnt from, group by group and day by day.

    A feature that moved while the predictor learnt, such as how often a product was ever shown, moves anyway: it is
    told, but raises no alarm. So do the groups of `MOVES_ANYWAY`.

    Args:
        learnt: feature rows to count by, with `day`; later ones than these are compared with them.
        rows: later feature rows, with `day`.
        settings: bins, days and bounds.

    Returns:
        `STREAMS`, one a group: the mean index of its steady features; and `PSI`, each feature's over the latest days.
    """
    topic = {feature.name: group for group, some in GROUPS.items() for feature in some}
    bins = binned(learnt, [name for name in topic if name in learnt.columns and name in rows.columns], settings.bins)
    steady = _steady(learnt, [name for name in bins if topic[name] not in MOVES_ANYWAY], settings)
    last = rows.filter(pl.col("day") > pl.col("day").max() - timedelta(days=settings.window_days))
    group = pl.col("feature").replace_strict(topic, return_dtype=pl.String)
    told = moved(last, bins).select(group.alias("group"), "feature", "psi", steady=pl.col("feature").is_in(steady))
    daily = by_day(rows, {name: bins[name] for name in steady})
    streams = daily.group_by(group.alias("stream"), "day").agg(score=pl.col("psi").mean())
    return typed(streams, FEATURES), told.select(PSI.names())


def _steady(learnt: pl.DataFrame, names: list[str], settings: Monitoring) -> list[str]:
    """Features whose later half of the rows learnt from looks like the earlier one."""
    if learnt.is_empty():
        return []
    middle = learnt.select(pl.col("day").median()).item()
    early, late = learnt.filter(pl.col("day") <= middle), learnt.filter(pl.col("day") > middle)
    told = moved(late, binned(early, names, settings.bins))
    return told.filter(pl.col("psi") < settings.psi_moved)["feature"].to_list()


def long(daily: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Streams that stand side by side, one column each beside `day`, as `STREAMS`."""
    return typed(daily.unpivot(index="day", variable_name="stream", value_name="score"), kind)


def typed(streams: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Streams as `STREAMS`, without days on which nothing can be told."""
    told = streams.with_columns(kind=pl.lit(kind), score=pl.col("score").cast(pl.Float64))
    finite = told.filter(pl.col("score").is_finite(), pl.col("day").is_not_null())
    return finite.select(STREAMS.names()).sort("stream", "day")
