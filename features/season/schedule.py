"""When each room broadcasts and what it shows: the sessions and their line-ups."""

import numpy as np
import polars as pl

from features.season.dice import among
from features.season.settings import SeasonSettings
from features.season.world import Floats, World

INSTANT = pl.Datetime("us", "UTC")
HOUR = 3_600_000_000
NEVER_STARTS = 1 / 80


def instants(settings: SeasonSettings, hours: Floats) -> pl.Series:
    """Hours since the season's start as instants."""
    micros = np.rint(hours * HOUR).astype(np.int64) + int(settings.start.timestamp() * 1_000_000)
    return pl.Series(micros).cast(INSTANT)


def sessions(settings: SeasonSettings, world: World) -> pl.DataFrame:
    """Every broadcast, those after the cut too, in order of their plan.

    Hours count from the season's start: day, scheduled, announced, start, end; `takes_place` is false for the few that
    never start. Announced seven to twelve days ahead, so that the week after the cut is planned.
    """
    dice = settings.chance("sessions")
    night = dice.random((settings.all_days, settings.rooms)) < settings.sessions_per_room_day
    night[settings.days - 1, 0] = True  # the late-night room is on air when the season is cut
    day, room = np.nonzero(night)
    size = len(day)
    hour = world.rooms["hour"].to_numpy()[room] + dice.choice([-0.5, 0.0, 0.0, 0.25, 0.5], size)
    scheduled = day * 24.0 + hour
    minutes = dice.choice([90, 120, 120, 150, 180], size)
    start = scheduled + np.clip(dice.normal(2.0, 4.0, size), -5, 30) / 60
    drawn = pl.DataFrame(
        {
            "day": day,
            "room": room,
            "anchor": 2 * room + among(dice, 0.25, size).to_numpy(),
            "scheduled": scheduled,
            "announced": scheduled - dice.uniform(7.2 * 24, 12 * 24, size),
            "start": start,
            "end": start + minutes * np.clip(dice.normal(1.0, 0.08, size), 0.75, 1.3) / 60,
            "planned_minutes": minutes,
            "takes_place": dice.random(size) >= NEVER_STARTS,
            "followers_growth": 1 + 0.002 * day + dice.normal(0.0, 0.01, size),
        },
    ).sort("scheduled", "room")
    return _one_never_starts(drawn).with_row_index("session").with_columns(pl.col("session").cast(pl.Int64))


def _one_never_starts(drawn: pl.DataFrame) -> pl.DataFrame:
    """Whatever the dice said, one session of the past never starts."""
    return drawn.with_columns(takes_place=pl.col("takes_place") & (pl.int_range(pl.len()) != pl.len() // 3))


def lineups(settings: SeasonSettings, world: World, shows: pl.DataFrame) -> pl.DataFrame:
    """The listings: for each session its products, drawn by fit and appeal, never the same twice.

    Weighted draws without replacement are the greatest of log weight plus Gumbel noise. Late additions (one in twenty)
    are announced only days before. Columns: session, product, position, of (listings in the session), announced.
    """
    dice = settings.chance("lineups")
    scores = weights(settings, world, shows) + dice.gumbel(size=(shows.height, settings.products))
    wanted = np.clip(dice.poisson(settings.listings_per_session, shows.height), 4, None)
    place = (-scores).argsort(axis=1).argsort(axis=1)
    session, product = np.nonzero((place < wanted[:, None]) & np.isfinite(scores))
    late = among(dice, 0.05, len(session))
    notice = pl.Series(dice.uniform(24, 72, len(session)))
    return (
        pl.DataFrame({"session": session, "product": product, "late": late, "lot": dice.random(len(session))})
        .join(shows.select("session", "announced", "scheduled"), on="session", how="left", maintain_order="left")
        .with_columns(
            position=pl.col("lot").rank("ordinal").over("session").cast(pl.Int64),
            of=pl.len().over("session").cast(pl.Int64),
            announced=pl.when("late").then(pl.col("scheduled") - notice).otherwise("announced"),
        )
        .sort("session", "position")
        .select("session", "product", "position", "of", "announced", "late")
    )


def weights(settings: SeasonSettings, world: World, shows: pl.DataFrame) -> Floats:
    """Log weight of each product in each session; minus infinity before its launch and for what is never shown."""
    goods = world.products
    room, day = shows["room"].to_numpy(), shows["day"].to_numpy()
    home = goods["merchant"].to_numpy() % settings.rooms
    fit = world.affinity[room][:, goods["kind"].to_numpy()] - 1.2 * (home[None, :] != room[:, None])
    ready = goods["shown"].to_numpy() & (goods["launch_day"].to_numpy()[None, :] <= day[:, None])
    return np.where(ready, fit + 0.5 * goods["appeal"].to_numpy(), -np.inf)
