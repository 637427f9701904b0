"""What goes wrong in the fortnight, one thing a day, and how it ended."""

import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from company.servers import Servers, until
from company.world import deliver

from features.contracts import TABLES
from flows.lake import Lake

INGEST, TRAIN, STOCK = "ingest/incoming", "train/nightly", "stock/morning"
HOUR = timedelta(hours=1)


class Company(Protocol):
    """What a fault may touch."""

    servers: Servers
    home: Path
    landing: Path

    def run(self, deployment: str, at: datetime, parameters: Mapping[str, Any] | None = None) -> str:
        """Run to the end; how it ended."""
        ...

    def begin(self, deployment: str, at: datetime, parameters: Mapping[str, Any] | None = None) -> str:
        """Begin a run; its id."""
        ...


Fault = Callable[[Company, datetime], str]


def torn(company: Company, at: datetime) -> str:
    """Half of a file comes, and an hour later the whole."""
    whole = max((company.landing / "orders").glob("*.parquet"))
    content, again = whole.read_bytes(), whole.with_name(f"{whole.stem}-again.parquet")
    again.write_bytes(content[: len(content) // 2])
    before = _rows(company)
    first = company.run(INGEST, at)
    refused = Lake(company.home).scan("quarantine").filter(pl.col("file").str.contains("again")).collect().height
    again.write_bytes(content)
    second = company.run(INGEST, at + HOUR)
    return f"{first}, {refused} reason in quarantine; whole again: {second}, {_rows(company) - before} rows twice"


def killed(deployment: str) -> Fault:
    """`kill -9` in the middle of a run, which is then begun anew."""

    def happens(company: Company, at: datetime) -> str:
        run = company.begin(deployment, at)
        until(lambda: company.servers.state(run) == "RUNNING", "a running run")
        count = company.servers.kill_runs()
        state = company.servers.ended(run)
        return f"{count} processes killed, run {state}; again: {company.run(deployment, at)}"

    happens.__doc__ = f"`kill -9` in the middle of {deployment.partition('/')[0]}, then the same again"
    return happens


def mlflow_away(company: Company, at: datetime) -> str:
    """MLflow is away while a list is made."""
    company.servers.kill("mlflow")
    state, lists = company.run(STOCK, at), _lists(company)
    company.servers.start("mlflow")
    return f"list without MLflow: {state}; {_lists(company) - lists} lists added after; MLflow started again"


def prefect_away(company: Company, at: datetime) -> str:
    """Prefect's server dies in the middle of an ingest and is started again."""
    run = company.begin(INGEST, at)
    until(lambda: company.servers.state(run) == "RUNNING", "a running run")
    company.servers.kill("prefect")
    company.servers.start("prefect")
    return f"run {company.servers.ended(run)}; again: {company.run(INGEST, at)}"


def delivered_twice(company: Company, at: datetime) -> str:
    """All files of the day before come again under other names."""
    before = _rows(company)
    for path in [one for one in company.landing.glob("*/*.parquet") if not one.stem.startswith("twice")][-12:]:
        shutil.copy(path, path.with_name(f"twice-{path.name}"))
    return f"{company.run(INGEST, at)}, {_rows(company) - before} rows twice"


def two_at_once(company: Company, at: datetime) -> str:
    """Two runs of one deployment at once."""
    runs = [company.begin(INGEST, at), company.begin(INGEST, at)]
    return f"{', '.join(sorted(map(company.servers.ended, runs)))}"


def reboot(company: Company, at: datetime) -> str:
    """Everything is killed at once, in the middle of a training; then everything is started."""
    run = company.begin(TRAIN, at)
    until(lambda: company.servers.state(run) == "RUNNING", "a running run")
    company.servers.kill(*reversed(company.servers.children))
    company.servers.start()
    return f"the run's page says {company.servers.state(run)}; again: {company.run(TRAIN, at)}"


def flipped_bit(company: Company, at: datetime) -> str:
    """A bit of the local copy of each predictor flips."""
    files = [path for path in (company.home / "models").rglob("*") if path.is_file() and path.stat().st_size]
    for path in files:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    return f"{len(files)} files damaged; list: {company.run(STOCK, at)}"


def half_bad(company: Company, at: datetime) -> str:
    """A delivery half of whose rows name no session is refused as a whole."""
    orders = pl.read_parquet(max((company.landing / "orders").glob("[0-9]*.parquet")))
    bad = orders.with_columns(
        order_id=pl.format("bad-{}", "order_id"), session_id=pl.when(pl.int_range(pl.len()) % 2 == 0).then("session_id")
    )
    before = _rows(company)
    (path,) = deliver({"orders": bad}, company.landing, "half-bad")
    state = company.run(INGEST, at)
    path.unlink()
    return f"{state}, {_rows(company) - before} rows taken"


def published_twice(company: Company, at: datetime) -> str:
    """The list of a moment is made again, late."""
    first, lists = company.run(STOCK, at), _lists(company)
    second = company.run(STOCK, at)
    return f"{first}, {second}; {_lists(company) - lists} lists more"


FAULTS: dict[int, Fault] = {
    1: torn,
    2: killed(INGEST),
    3: mlflow_away,
    4: delivered_twice,
    5: flipped_bit,
    6: two_at_once,
    7: reboot,
    8: half_bad,
    9: prefect_away,
    10: killed(TRAIN),
    11: published_twice,
    12: killed(STOCK),
}
"""By the day of the fortnight, counted from 0."""


def _rows(company: Company) -> int:
    return sum(Lake(company.home).rows(name) for name in TABLES)


def _lists(company: Company) -> int:
    return int(Lake(company.home).scan("lists").select(pl.col("list_sha256").n_unique()).collect().item())
