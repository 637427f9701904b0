"""The main job on real input: from a raw export to a stocking list, timed, and held against what then happened.

    python benchmarks/main_job.py fresh_retail --data ../shared/data --work out/main-job

Runs `baokuan adapt` (where there is an adapter) and `baokuan run`, each as its own process; prints the list's first
lines, its metrics, wall time and peak memory. Demand is judged only on listings that did not run out (in `dev_world`,
on the true demand of all). `baokuan backtest` holds forecasts beside baselines; docs/results.md has what it says.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sklearn.metrics import average_precision_score

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.labels import hit_labels, outcomes
from flows.config import load as settings
from flows.data import read_data
from flows.site import Site
from stocking.economics import with_economics
from stocking.profit import realised

ROOT = Path(__file__).parents[1]
LISTING = ["session_id", "product_id"]


@dataclass(frozen=True)
class Job:
    """One main job: where its raw files or landing tables are, and the week that it plans."""

    name: str
    as_of: str
    days: int

    @property
    def cutoff(self) -> datetime:
        return datetime.fromisoformat(self.as_of).astimezone(UTC)

    @property
    def source(self) -> Path:
        return ROOT / "configs" / "sources" / self.name

    def overlay(self) -> tuple[Path, ...]:
        return (self.source / "config.yaml",) if self.source.exists() else ()


JOBS = {
    job.name: job
    for job in (
        Job("fresh_retail", "2024-06-19T00:00:00+08:00", 3),
        Job("online_retail", "2011-11-01T00:00:00+00:00", 7),
        Job("dev_world", "2024-08-12T00:00:00+00:00", 7),
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("out/main-job"), help="emptied first")
    arguments = parser.parse_args()
    job, work = JOBS[arguments.job], arguments.work / arguments.job
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    costs = _do(job, arguments.data / job.name, work)
    ours = pl.read_parquet(work / "list" / "stocking_list.parquet")
    _first_lines(ours)
    _judge(job, arguments.data / job.name, work, ours)
    _table("time and memory", ["command", "wall s", "CPU s", "peak MB"], costs)


def _do(job: Job, data: Path, work: Path) -> list[tuple[str, ...]]:
    landing = data / "landing"
    costs = []
    if job.source.exists():
        landing = work / "landing"
        costs.append(_timed("adapt", "--source", str(job.source), "--raw", str(data), "--landing", str(landing)))
    common = ["--home", str(work / "home"), *(f"--config={path}" for path in job.overlay())]
    ahead = ["--as-of", job.as_of, "--horizon", f"{job.days}d"]
    costs.append(_timed("run", "--landing", str(landing), *ahead, "--out", str(work / "list"), *common))
    return costs


def _timed(*arguments: str) -> tuple[str, ...]:
    begin = time.perf_counter()
    with Path(os.devnull).open("w") as quiet:
        process = subprocess.Popen([Path(sys.executable).parent / "baokuan", *arguments], stdout=quiet)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"baokuan {' '.join(arguments)}: failed")
    wall = time.perf_counter() - begin
    return arguments[0], f"{wall:.0f}", f"{used.ru_utime + used.ru_stime:.0f}", f"{used.ru_maxrss / 1024:.0f}"


def _first_lines(ours: pl.DataFrame) -> None:
    columns = ["rank", *LISTING, "p_hit", "demand_p10", "demand_p50", "demand_p90", "recommended_units", "reasons"]
    rows = ours.head(5).select(columns).with_columns(pl.col("reasons").list.join("; "))
    _table(f"first of {ours.height} lines", columns, [tuple(_cell(v) for v in row) for row in rows.rows()])


def _judge(job: Job, data: Path, work: Path, ours: pl.DataFrame) -> None:
    sensing = settings(job.overlay()).sensing()
    end = job.cutoff + timedelta(days=job.days + 1)
    if (data / "truth.parquet").exists():
        _judge_by_truth(data, ours)
        return
    finished = outcomes(read_data(Site(home=work / "home", config=job.overlay())).tables, end, sensing)
    labelled = hit_labels(finished, ours.join(finished.drop("scheduled_at"), on=LISTING), sensing.labels)
    known = labelled.filter(~pl.col("censored"))
    _table(f"against what happened: {known.height} listings that did not run out", MEASURES, [_measured(known)])


MEASURES = ("listings", "WAPE", "bias", "hit AP", "80% covers")


def _measured(rows: pl.DataFrame) -> tuple[str, ...]:
    demand = rows["demand_units"]
    inside = (demand >= rows["demand_p10"]) & (demand <= rows["demand_p90"])
    miss = (rows["demand_p50"] - demand).abs().sum() / demand.sum()
    bias = (rows["demand_p50"] - demand).sum() / demand.sum()
    precision = average_precision_score(rows["hit"].to_numpy(), rows["p_hit"].to_numpy())
    return str(rows.height), f"{miss:.3f}", f"{bias:+.3f}", f"{precision:.3f}", f"{inside.mean():.3f}"


def _judge_by_truth(data: Path, ours: pl.DataFrame) -> None:
    truth = pl.read_parquet(data / "truth.parquet").rename({"return_rate": "true_return_rate"})
    money = pl.read_parquet(data / "landing" / "products" / "*.parquet").select(
        "product_id", "unit_cost", "salvage_value"
    )
    joined = ours.join(truth, on=LISTING).join(money, on="product_id")
    told = joined.with_columns(
        return_rate="true_return_rate",
        demand_units=pl.col("demand").cast(pl.Float64),
        stocked_units=(pl.col("available_units") + pl.col("recommended_units")).cast(pl.Float64),
        hit=pl.col("demand") > pl.col("demand").quantile(1 - settings().labels.hit_share),
    )
    won = realised(with_economics(told, settings().policy))
    print(f"\nprofit at available plus recommended units: {won.profit_share:.3f} of the oracle's")
    print(f"fill rate {won.fill_rate:.3f}, left over {won.leftover_share:.3f} of what was stocked")
    _table("against the true demand", MEASURES, [_measured(told)])


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _table(title: str, head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
