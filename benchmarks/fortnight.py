"""A small company for two weeks in accelerated time, against real servers, while one thing a day goes wrong.

    OMP_WAIT_POLICY=PASSIVE python benchmarks/fortnight.py                # all of it
    OMP_WAIT_POLICY=PASSIVE python benchmarks/fortnight.py --days 3       # its first days

MLflow's and Prefect's servers and a worker run on this machine; `prefect.yaml` is deployed as it is, and every run is
one of its deployments, scheduled for its moment of the company's own time: four ingests a day; after the first of them
training, the list, feedback, a look for drift and what retention asks; a list for the sessions that have come near; and
once a week the lake's upkeep. Rows come in as they were learnt of. `company/faults.py` has what goes wrong. In the end
the lake is held against one that took in all rows at once, undisturbed. Predictors are smaller than by default
(`QUICK`), so that a night takes seconds.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = str(Path(__file__).parent)
sys.path[:] = [*(place for place in sys.path if place != HERE), HERE]  # last: features.py would hide the package

from company.faults import FAULTS, INGEST, STOCK, TRAIN
from company.servers import ROOT, Servers
from company.world import World, deliver

from features.contracts import TABLES
from flows.environment import prepare
from flows.ingest import take_in
from flows.lake import Lake, order
from flows.registry import Registry
from flows.site import Site
from flows.viewer_key import VARIABLE

FEEDBACK, MONITOR, RESTOCK = "feedback/daily", "monitor/daily-look", "restock/before-sessions"
RETAIN, MAINTAIN = "retain/nightly", "maintain/weekly"
INGESTS = (2, 8, 14, 20)
WEEK = 7
LATER = {2: ((3.0, TRAIN), (5.25, STOCK), (6.5, FEEDBACK), (7.0, MONITOR), (7.5, RETAIN)), 14: ((18.5, RESTOCK),)}
"""Hours of the business day: what follows an ingest."""
QUICK = "models: {rounds: 60, patience: 10, plain_rounds: 20, folds: 2, dense_rows: 1, nowcast: {min_listings: 60}}"
KEY = "fortnight"


@dataclass(eq=False)
class Company:
    """One home with its servers, and all that was run."""

    world: World
    servers: Servers
    home: Path
    landing: Path
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[tuple[int, str, str]] = field(default_factory=list)

    def begin(self, deployment: str, at: datetime, parameters: Mapping[str, Any] | None = None) -> str:
        """Begin a run; its id."""
        site = {"site": {"home": str(self.home), "config": ["configs/production.yaml", str(self.home / "quick.yaml")]}}
        return self.servers.begin(deployment, at, {**site, **(parameters or {})})

    def run(self, deployment: str, at: datetime, parameters: Mapping[str, Any] | None = None) -> str:
        """Run to the end; how it ended."""
        state = self.servers.ended(self.begin(deployment, at, parameters))
        self.ends[deployment, state] += 1
        return state

    def day(self, number: int) -> None:
        """One business day: rows come in and are taken in, the night's work is done, and something goes wrong."""
        midnight = self.world.begin + timedelta(days=number)
        last = midnight - timedelta(hours=24 - INGESTS[-1]) if number else None
        for hour in INGESTS:
            at = midnight + timedelta(hours=hour)
            deliver(self.world.rows(last, at), self.landing, f"{at:%Y%m%dT%H%M}")
            self.run(INGEST, at)
            last = at
            for later, deployment in LATER.get(hour, ()):
                self.run(deployment, midnight + timedelta(hours=later))
        if (number + 1) % WEEK == 0:
            self.run(MAINTAIN, midnight + timedelta(hours=22))
        if number in FAULTS:
            fault = FAULTS[number]
            told = fault(self, midnight + timedelta(hours=21))
            self.faults.append((number, (fault.__doc__ or "").partition("\n")[0], told))
            print(f"day {number}: {self.faults[-1][1]} {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="a folder that does not exist: home, lists and pages stay in it")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="fortnight") as scratch:
        place = asked.keep or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        place = place.resolve()
        with founded(World.made(asked.days, asked.seed), place) as company:
            start = time.monotonic()
            for number in range(asked.days):
                company.day(number)
                print(f"day {number} over after {time.monotonic() - start:.0f} s", flush=True)
            tell(company, asked.days)
            compare(company, place / "undisturbed")


@contextmanager
def founded(world: World, place: Path) -> Any:
    """A company with its servers, deployed and with its first predictor still to learn."""
    home, landing = place / "home", place / "landing"
    home.mkdir()
    (home / "quick.yaml").write_text(QUICK)
    where = {
        "BAOKUAN_ROOT": str(ROOT), "BAOKUAN_HOME": str(home), "BAOKUAN_LANDING": str(landing),
        "BAOKUAN_OUT": str(place / "out"), VARIABLE: KEY, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    servers = Servers(place, home, where)
    try:
        servers.start("mlflow", "prefect")
        for pool in ("baokuan", "baokuan-live"):
            servers.prefect("work-pool", "create", pool, "--type", "process")
        servers.prefect("deploy", "--all")
        for one in servers.ask("deployments/filter", {}):
            servers.pause(one["id"])
        servers.start("worker")
        yield Company(world, servers, home, landing)
    finally:
        servers.kill(*servers.children)


def tell(company: Company, days: int) -> None:
    """What the fortnight came to."""
    lake = Lake(company.home)
    lists = lake.scan("lists").select("list_sha256", "cutoff").unique().collect()
    print(f"\n{days} days, runs by how they ended:")
    for (name, state), many in sorted(company.ends.items()):
        print(f"- {name}: {many} {state}")
    print(f"- lists published: {lists.height}, of {lists['cutoff'].n_unique()} moments")
    os.environ["MLFLOW_TRACKING_URI"] = company.servers.environment["MLFLOW_TRACKING_URI"]
    versions = Registry(Site(home=company.home)).versions()
    print(f"- predictors trained: {len(versions)}, of these put into service: {sum(one.served for one in versions)}")
    found = lake.scan("monitor").filter("alarm").select("predictor", "kind").unique().collect()
    print(f"- alarms: {', '.join(sorted(map(' '.join, found.rows()))) or 'none'}")
    for name in ("feedback", "quarantine"):
        print(f"- rows of {name}: {lake.rows(name)}")
    states = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
    print(f"- runs that never ended: {len(company.servers.ask('flow_runs/filter', states))}")
    for number, what, ended in company.faults:
        print(f"- day {number}: {what} {ended}")


def compare(company: Company, place: Path) -> None:
    """Hold the lake against one that took in the same rows at once, undisturbed."""
    end = company.world.begin + timedelta(days=company.world.days - 1, hours=INGESTS[-1])
    deliver(company.world.rows(None, end), place / "landing", "all")
    site = Site(home=place / "home", config=(ROOT / "configs" / "production.yaml",))
    prepare(site.made())
    os.environ[VARIABLE] = KEY
    take_in(site, place / "landing")
    ours, calm = Lake(company.home).tables(), Lake(site.made()).tables()
    for name in TABLES:
        same = ours[name].sort(order(name), nulls_last=True).equals(calm[name].sort(order(name), nulls_last=True))
        print(f"- {name}: {ours[name].height} rows, {'as' if same else 'NOT as'} undisturbed")


if __name__ == "__main__":
    main()
