"""From a batch of 50,000 events in a landing zone to alerts that are kept, logged and shown, hour after hour.

    OMP_WAIT_POLICY=PASSIVE python benchmarks/live_replay.py --batches 60 240 720
    python benchmarks/live_replay.py --home HOME        # forecasts by the champion of a home, which is only read

20 rooms with 500 listings of 50 merchants. Each minute a file of events and one of orders (`live_features.World`) come
into a landing zone, made by another process while nothing is timed; a watch as `baokuan watch` begins it works on them:
without Prefect and webhooks, everything else on the disk, pages every minute. Timed is from the moment at which the
files are there to the one at which alerts are told and nowcasts refreshed (`told`), and to the one at which pages are
written, too, and the watch rests (`whole`); to both the wait is added until the zone is looked at, drawn evenly from
`poll_seconds`. After each of `--batches` the last 60 are told. Without `--home` a
predictor is learnt from a simulated season, in a minute or two.
"""

import argparse
import os
import random
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

HERE = str(Path(__file__).parent)
sys.path[:] = [*(place for place in sys.path if place != HERE), HERE]  # last: features.py would hide the package

from live_features import BEGIN, LISTINGS, MINUTE, World, fitted
from live_features import plan as plain_plan

import flows.underway.shift as shifts
import flows.underway.told as what_is_told
import flows.underway.watcher as watching
from features.contracts import TABLES
from features.live import Live
from features.season.settings import SeasonSettings
from features.season.simulate import simulate
from features.season.write import write_landing
from flows.data import read_data, stretch_of_data
from flows.environment import prepare
from flows.ingest import take_in
from flows.lake import Lake
from flows.moments import Ahead
from flows.nowcasts import learn_nowcasts
from flows.seal import KEY
from flows.site import Site
from flows.telling.carrier import Clockwork
from flows.telling.log import AlertLog
from flows.telling.telling import Teller
from flows.telling.webhooks import Surroundings, Webhooks
from flows.train import collect_lessons, learn_and_judge, register
from flows.underway.cuts import cut_for
from flows.underway.shift import Clock, Shift
from flows.underway.watcher import Watcher
from flows.watch import Asked, begin
from flows.watching.following import Following
from flows.watching.journal import Journal, kept
from flows.watching.ticking import Ticking

PLANNED_MINUTES, MERCHANTS, MOST_STOCK = 13 * 60, 50, 9_000
QUICK = "models: {rounds: 60, patience: 10, plain_rounds: 5, folds: 2, dense_rows: 1, nowcast: {min_listings: 60}}"
STAGES: dict[str, tuple[Any, str]] = {
    "read and check": (Following, "poll"),
    "arrival": (Ticking, "tick"),
    "journal": (Journal, "commit"),  # what is left to wait for: it is written while rows are taken up
    "take up": (Watcher, "take"),
    "look": (Watcher, "look"),
    "features": (Live, "refresh"),
    "nowcasts": (what_is_told, "nowcast"),
    "advice": (watching, "advise"),
    "alert log": (Teller, "tell"),
    "outputs": (Watcher, "keep"),
    "tables": (shifts, "write_tables"),
    "pages": (Shift, "show"),
    "settle": (Watcher, "settle"),
}
"""What is timed apart; each without those that it calls itself."""
AFTERWARDS = ("pages", "settle")
"""What comes when alerts are told and nowcasts refreshed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, nargs="*", default=[10], help="after which to tell the last 60")
    parser.add_argument("--home", type=Path, help="with a champion that was trained before June 2025")
    parser.add_argument("--config", type=Path, action="append", default=[])
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="live_replay") as scratch:
        site = Site(home=Path(scratch) / "home", config=tuple(asked.config))
        prepare(site.made())
        borrow(asked.home or learn(Path(scratch) / "school", site.config), site.made())
        replay(site, Path(scratch), sorted(asked.batches))


def borrow(home: Path, to: Path) -> None:
    """The predictors of another home, with the key that they are signed with."""
    for name in ("models", "artifacts"):
        shutil.copytree(home / name, to / name)
    for path in (home / "mlflow.db", home / KEY.file):
        if path.exists():  # no key, where the environment has it
            shutil.copy(path, to)


def learn(home: Path, config: tuple[Path, ...]) -> Path:
    """A home with a predictor that tells nowcasts."""
    overlay = home / "quick.yaml"
    home.mkdir()
    overlay.write_text(QUICK)
    site, season = Site(home=home, config=(*config, overlay)), simulate(SeasonSettings.small())
    write_landing(season, home / "landing")
    take_in(site, home / "landing")
    data = read_data(site)
    lessons = collect_lessons(site, data, stretch_of_data(Ahead(as_of=season.as_of, horizon=timedelta(days=7)), data))
    judged = learn_nowcasts(lessons, learn_and_judge(lessons))
    if judged.training.predictor.nowcaster is None:
        raise SystemExit("the simulated season was too short to learn nowcasts from")
    register(lessons, judged)
    return home


def replay(site: Site, place: Path, told: list[int]) -> None:
    landing = place / "landing"
    write(landing, "plan", plan())
    with ProcessPoolExecutor(1, get_context("spawn")) as rooms, kept(site.made()) as journal, plain(site) as teller:
        shift = begin(site, Asked(landing, place / "out", "wall", BEGIN), journal, teller)
        minutes = Minutes(landing, rooms, told, shift.watcher.settings.poll_seconds)
        with minutes.watch.on(STAGES):
            try:
                shift.follow(Clock(now=minutes.now, steady=minutes.steady, rest=minutes.rest))
            except StopIteration:
                alerts = ", ".join(
                    f"{many} {kind}" for kind, many in shift.watcher.alerts["kind"].value_counts().rows()
                )
                print(f"{shift.ticks} ticks, {shift.alerts} alerts ({alerts})")


@contextmanager
def plain(site: Site) -> Iterator[Teller]:
    """The alert log alone."""
    log = AlertLog(Lake(site.made()))
    around = Surroundings(os.environ, cut_for, Clockwork(lambda: datetime.now(UTC), random.random), site.made() / "box")
    with Webhooks(log, site.settings().live.telling.webhooks, around) as webhooks:
        yield Teller(log, webhooks, None)


Took = np.ndarray
"""Seconds by the wall and of CPU: the latter bear neighbours better."""


def clocks() -> Took:
    return np.array([time.perf_counter(), time.process_time()])


@dataclass(eq=False)
class Stopwatch:
    """What each stage took since it was asked last."""

    stages: dict[str, Took] = field(default_factory=lambda: defaultdict(lambda: np.zeros(2)))
    _within: list[Took] = field(default_factory=lambda: [np.zeros(2)])

    @contextmanager
    def on(self, stages: dict[str, tuple[Any, str]]) -> Iterator[None]:
        with ExitStack() as stack:
            for stage, (owner, name) in stages.items():
                stack.enter_context(patch.object(owner, name, self._timed(stage, getattr(owner, name))))
            yield

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._within.append(np.zeros(2))
            start = clocks()
            try:
                return function(*args, **kwargs)
            finally:
                took = clocks() - start
                self.stages[stage] += took - self._within.pop()
                self._within[-1] += took

        return timed

    def taken(self) -> dict[str, Took]:
        taken = dict(self.stages)
        self.stages.clear()
        return taken


@dataclass(eq=False)
class Minutes:
    """Time in the replay: whenever the watch rests, the next minute's files are there."""

    landing: Path
    rooms: Executor
    told: list[int]
    poll_seconds: float
    watch: Stopwatch = field(default_factory=Stopwatch)
    number: int = 0
    runs: list[dict[str, Took]] = field(default_factory=list)
    _start: Took = field(default_factory=clocks)

    def now(self) -> datetime:
        return BEGIN + self.number * MINUTE + timedelta(seconds=1)

    def steady(self) -> float:
        return 60.0 * self.number

    def rest(self, _: float) -> None:
        """The watch has nothing to do: note what the last batch took, tell, and bring the next one.

        Raises:
            StopIteration: all is told.
        """
        took, stages = clocks() - self._start, self.watch.taken()
        if self.number:
            wait = np.array([random.uniform(0.0, self.poll_seconds), 0.0])  # noqa: S311 - no secret
            later = sum(stages.get(name, np.zeros(2)) for name in AFTERWARDS)
            rest = took - sum(stages.values())
            self.runs.append({"whole": took + wait, "told": took + wait - later, "wait": wait, **stages, "rest": rest})
        if self.number in self.told:
            say(self.number, self.runs[-60:])
        if self.number >= max(self.told):
            raise StopIteration
        self.number += 1
        self.rooms.submit(bring, self.landing, self.number).result()
        self._start = clocks()


def say(number: int, runs: list[dict[str, Took]]) -> None:
    now, most = memory_mb("VmRSS"), memory_mb("VmHWM")
    load = os.getloadavg()[0]
    print(f"after {number} batches, the last {len(runs)}: {now:.0f} MB, most {most:.0f} MB; load {load:.1f}; ms:")
    for what in dict.fromkeys(name for run in runs for name in run):
        wall, cpu = 1000 * np.array([run.get(what, np.zeros(2)) for run in runs]).T
        middle, late, worst = np.quantile(wall, (0.5, 0.95, 1.0))
        print(f"  {what:15} median {middle:6.1f}, 95th percentile {late:6.1f}, most {worst:6.1f}; "
              f"CPU median {np.median(cpu):6.1f}, most {cpu.max():6.1f}", flush=True)  # fmt: skip


def memory_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1e3


def bring(landing: Path, number: int) -> None:
    """The files of a minute."""
    events, orders = World(1, 0.9).batch(number)
    write(landing, f"{number:06d}", {"orders": orders, "events": events})


def write(landing: Path, stem: str, tables: dict[str, pl.DataFrame]) -> None:
    for name, frame in tables.items():
        path = landing / name / f"{stem}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path.with_name(f"_{path.name}"))
        path.with_name(f"_{path.name}").rename(path)


def plan() -> dict[str, pl.DataFrame]:
    """Sessions of half a day, with merchants, suppliers, costs, and stock that runs out here and there."""
    tables = plain_plan()[0]
    ids, own = pl.col("product_id"), pl.col("product_id").str.slice(1).cast(pl.Int64)
    products = tables["products"].with_columns(
        merchant_id=pl.format("M{}", own % MERCHANTS), supplier_id=pl.format("F{}", own % MERCHANTS), unit_cost=4.0
    )
    held = np.random.default_rng(0).integers(10, MOST_STOCK, LISTINGS)
    stock = products.select(ids, as_of=BEGIN - timedelta(hours=3), on_hand_units=pl.Series(held), inbound_units=0)
    made = {
        "sessions": tables["sessions"].with_columns(planned_minutes=PLANNED_MINUTES),
        "lineups": tables["lineups"],
        "products": products,
        "stock": stock.with_columns(received_at=None),
    }
    return {name: fitted(frame, name).select(TABLES[name].dtypes.names()) for name, frame in made.items()}


if __name__ == "__main__":
    main()
