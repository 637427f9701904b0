"""How soon a change is noticed, and how often one is seen that is none.

    python benchmarks/drift.py bare --worlds 2000
    python benchmarks/drift.py seasons --worlds 20 --days 40

`bare` draws the daily numbers themselves, with and without a change and with days that hang together, and needs
seconds. `seasons` simulates whole seasons, trains in each a predictor on its first 80 days, and looks at it day after
day through the rest: once as the season is, and once with all viewers swapping their tastes, unlike before, at a day
after training: what was liked is disliked, in products and in rooms' categories. Prints for each kind of alarm the
share of seasons in which it came though nothing changed and, of those that changed, in how many it came and after how
many days, as medians and the slowest.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.season import demand, schedule, selling, world
from features.season.settings import SeasonSettings
from features.season.simulate import Play, cut, told
from features.season.simulate import played as as_it_is
from flows.config import Config, load
from models.dataset import build
from models.drift.alarms import alarms, evidence
from models.drift.feed import feed
from models.drift.rows import Past
from models.drift.streams import CALIBRATION, KINDS, STREAMS
from models.drift.watch import Watched, look
from models.predictor import Predictor
from models.train import CHALLENGER, train

QUIET = datetime(2025, 4, 30, 16, tzinfo=UTC)  # its festivals lie before the days that are looked at
TRAINED, SWAPPED = 80, 82
QUICK = {"rounds": 60, "patience": 10, "plain_rounds": 5, "dense_rows": 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("bare", "seasons"))
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--days", type=int, default=40, help="looked at after training")
    parser.add_argument("--first", type=int, default=100, help="the first season's seed")
    arguments = parser.parse_args()
    (bare if arguments.what == "bare" else seasons)(arguments)


def bare(asked: argparse.Namespace) -> None:
    """Days that are independent, or hang together with a correlation, and a shift of so many standard deviations."""
    config = load().monitor
    begins = date(2025, 1, 1)
    days = [begins + timedelta(days=day) for day in range(-config.reference_days, asked.days)]
    cases = [(rho, shift) for rho in (0.0, 0.2, 0.4) for shift in (0.0, 1.0, 2.0, 3.0)]
    print("correlation of a day with the next, shift, told in, after days (median, 90%)")
    for rho, shift in cases:
        found = []
        for number in range(asked.worlds):
            dice = np.random.default_rng([number, int(10 * rho), int(shift)])
            scores = _hanging_together(dice, len(days), rho)
            scores[-asked.days :] += shift
            stream = pl.DataFrame({"kind": CALIBRATION, "stream": "hits", "day": days, "score": scores}, schema=STREAMS)
            raised = alarms(evidence(stream, begins, config), pl.DataFrame(schema=_PSI), config)
            found += [(one.since - begins).days + 1 for one in raised]
        _say(f"{rho:.1f}, {shift:.0f}", found, asked.worlds)


_PSI = {"group": pl.String, "feature": pl.String, "psi": pl.Float64, "steady": pl.Boolean}


def _hanging_together(dice: np.random.Generator, days: int, rho: float) -> np.ndarray:
    shocks = dice.normal(size=days)
    told = [shocks[0]]
    for shock in shocks[1:]:
        told.append(rho * told[-1] + np.sqrt(1 - rho**2) * shock)
    return np.array(told)


def seasons(asked: argparse.Namespace) -> None:
    """Whole seasons, as they are and with a swap."""
    config = _config()
    found: dict[tuple[bool, str], list[int]] = {}
    for seed in range(asked.first, asked.first + asked.worlds):
        size = SeasonSettings(seed=seed, start=QUIET, days=TRAINED + asked.days, rooms=4, products=250, viewers=8_000,
                              entries_per_session=20.0, clicks_per_order=1.0)  # fmt: skip
        learnt: tuple[Predictor, pl.DataFrame] | None = None
        for swapped in (False, True):
            play = swap(size) if swapped else as_it_is(size)
            tables = cut(told(size, play), size.as_of)
            learnt = learnt or trained(tables, size, config)  # nothing has changed before the swap
            seen = look(_watched(tables, size, config, learnt), config.models.top)
            begins = (size.start + timedelta(days=SWAPPED if swapped else TRAINED)).date() + timedelta(days=1)
            for one in seen.alarms:
                found.setdefault((swapped, one.kind), []).append((one.since - begins).days + 1)
            found.setdefault((swapped, "any"), []).extend(
                sorted((one.since - begins).days + 1 for one in seen.alarms if one.kind != "feed")[:1]
            )
            print(
                seed,
                "swapped" if swapped else "as it is",
                [(one.kind, str(one.since), one.streams) for one in seen.alarms],
                flush=True,
            )
    for swapped in (False, True):
        for kind in (*KINDS, "any"):
            _say(f"{'swapped' if swapped else 'as it is'}, {kind}", found.get((swapped, kind), []), asked.worlds)


def _config() -> Config:
    config = load()
    return config.model_copy(update={"models": config.models.model_copy(update=QUICK)})


def trained(tables: dict[str, pl.DataFrame], size: SeasonSettings, config: Config) -> tuple[Predictor, pl.DataFrame]:
    """A predictor of the first days, and the forecasts by which it was judged."""
    as_of = size.start + timedelta(days=TRAINED)
    dataset = build(tables, as_of, config.sensing(), config.models)
    training = train(dataset, config.models, config.labels.hit_share)
    return training.predictor, training.judged.filter(predictor=CHALLENGER)


def _watched(
    tables: dict[str, pl.DataFrame], size: SeasonSettings, config: Config, learnt: tuple[Predictor, pl.DataFrame]
) -> Watched:
    lazy = {name: frame.lazy() for name, frame in tables.items()}
    came = feed(lazy, size.as_of, config.market.timezone)
    return Watched(*learnt, Past(tables, size.as_of, config.sensing()), came, config.monitor)


def swap(size: SeasonSettings) -> Play:
    """The season with all tastes turned round from a day on: the same plan, other viewers."""
    cast = world.build(size)
    turned = replace(cast, affinity=-cast.affinity, products=cast.products.with_columns(appeal=-pl.col("appeal")))
    shows = schedule.sessions(size, cast)
    listings = demand.priced(size, cast, shows, schedule.lineups(size, cast, shows))
    before, after = (demand.expected(size, one, listings) for one in (cast, turned))
    late = before["day"] >= SWAPPED
    told_by = ("log_mean", "log_lead", "log_belief")
    mixed = before.with_columns(pl.when(late).then(after[name]).otherwise(before[name]).alias(name) for name in told_by)
    capped = selling.caps(size, mixed)
    return Play(cast, shows, capped, selling.fulfilled(capped, selling.orders(size, capped)))


def _say(case: str, found: Sequence[int], of: int) -> None:
    after = (
        f"after {np.median(found):.0f} days, 90% {np.quantile(found, 0.9):.0f}, slowest {max(found)}" if found else ""
    )
    print(f"{case}: told in {len(found)} of {of} ({len(found) / of:.1%}) {after}")


if __name__ == "__main__":
    main()
