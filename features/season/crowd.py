"""What goes on in the room as a whole: people come and go, like, share, follow, send gifts and chat."""

import numpy as np
import polars as pl

from features.season.demand import evenings
from features.season.dice import among
from features.season.festivals import festive, weekday
from features.season.settings import SeasonSettings
from features.season.words import CHATTER, places
from features.season.world import Floats, World

MOVE = ("session", "viewer", "kind", "hour", "text")
# For one who enters: how often these follow while they stay.
HABITS = {"like": 0.9, "comment": 0.14, "share": 0.05, "follow": 0.04, "gift": 0.02}


def moves(settings: SeasonSettings, world: World, shows: pl.DataFrame) -> pl.DataFrame:
    """Every action without a product: session, viewer, kind, hour, and for comments the place of the text."""
    visits = entries(settings, world, shows)
    return pl.concat([_entering(visits), _leaving(settings, visits), *habits(settings, visits)])


def entries(settings: SeasonSettings, world: World, shows: pl.DataFrame) -> pl.DataFrame:
    """Visits: session, viewer, come and go (hours). Some viewers are not told apart by the platform."""
    dice = settings.chance("entries")
    counts = dice.poisson(audience(settings, world, shows) * shows["takes_place"].to_numpy())
    session = np.repeat(np.arange(shows.height), counts)
    start, end = (shows[name].to_numpy()[session] for name in ("start", "end"))
    come = start + dice.beta(1.2, 1.8, len(session)) * (end - start)
    stay = dice.exponential(9 / 60, len(session)) + 5 / 3600
    home = shows["room"].to_numpy()[session] * settings.viewers // settings.rooms
    viewer = (home + np.floor(settings.viewers * dice.random(len(session)) ** 2.5).astype(np.int64)) % settings.viewers
    unknown = among(dice, 0.01, len(session))
    return pl.DataFrame(
        {"session": session, "viewer": viewer, "come": come, "go": np.minimum(come + stay, end)}
    ).with_columns(
        viewer=pl.when(~pl.lit(unknown)).then("viewer"),
    )


def audience(settings: SeasonSettings, world: World, shows: pl.DataFrame) -> Floats:
    """How many are expected to enter each session."""
    day = shows["day"].to_numpy()
    people = world.rooms["audience"].to_numpy()[shows["room"].to_numpy()]
    host = world.anchors["pull"].to_numpy()[shows["anchor"].to_numpy()]
    mood = 0.8 * evenings(settings, shows.height) + festive(settings)[day] + weekday(settings)[day]
    many: Floats = settings.entries_per_session * np.exp(people + 0.8 * host + mood)
    return many


def habits(settings: SeasonSettings, visits: pl.DataFrame) -> list[pl.DataFrame]:
    """What visitors do while they are there, one frame a kind."""
    done = []
    for kind, rate in HABITS.items():
        dice = settings.chance(f"habit {kind}")
        row = np.repeat(np.arange(visits.height), dice.poisson(rate, visits.height))
        seen = visits[row.tolist()]
        share = pl.Series(dice.random(seen.height))
        said = pl.Series(dice.integers(*places(CHATTER), seen.height))
        text = pl.lit(said) if kind == "comment" else pl.lit(None, pl.Int64)
        hour = pl.col("come") + share * (pl.col("go") - pl.col("come"))
        done.append(seen.with_columns(kind=pl.lit(kind), hour=hour, text=text).select(MOVE))
    return done


def _entering(visits: pl.DataFrame) -> pl.DataFrame:
    return visits.with_columns(kind=pl.lit("enter"), hour="come", text=pl.lit(None, pl.Int64)).select(MOVE)


def _leaving(settings: SeasonSettings, visits: pl.DataFrame) -> pl.DataFrame:
    """One leaving in ten is never reported."""
    told = among(settings.chance("leaving"), 0.9, visits.height)
    leaving = visits.with_columns(kind=pl.lit("leave"), hour="go", text=pl.lit(None, pl.Int64))
    return leaving.filter(told).select(MOVE)
