"""What is told while sessions run, beside what else one could say: forecasts, sell-outs, and money.

    baokuan ingest --landing DIR --home HOME
    baokuan train --as-of TS --home HOME                     # for each TS: what had seen nothing later forecasts
    python benchmarks/live.py --home HOME --as-of TS [--as-of TS …] --days 7 [--truth FILE] [--config FILE]
    python benchmarks/live.py … --at 09:00 --at 12:00 --at 15:00    # at times of day instead of minutes since opening

The sessions of the days after each TS are looked at again as they ran, forecast by the predictor that served then.
Final demand is the true one where it is known, else what was sold, and listings that sold out are left out. Rivals
learn from the same past sessions as the nowcaster. With `--truth` also: alerts of sell-outs minute by minute, and what
reserves earn that are converted by plan, by nowcast or in hindsight. Prints Markdown tables.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

sys.path[0] = str(Path(__file__).parents[1])  # benchmarks/features.py would hide the package

from benchmarks.underway.acts import conversions, sell_outs
from benchmarks.underway.week import Frame, Week, looked_at, week
from features.table import Ready
from flows.data import read_data
from flows.moments import instant
from flows.site import Site
from models.accuracy import demand_scores
from models.dataset import ROW
from models.metrics import average_precision
from models.nowcast.lessons import lessons
from models.nowcast.rivals import rivals
from models.nowcast.scores import BEFORE, OURS
from models.nowcast.view import OPEN
from models.truth import checked as as_truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--config", type=Path, action="append", default=[])
    parser.add_argument("--as-of", type=instant, action="append", required=True)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--at", type=time.fromisoformat, action="append", default=[])
    asked = parser.parse_args()
    site = Site(home=asked.home, config=tuple(asked.config))
    ready = Ready.of(read_data(site).tables, site.settings().sensing())
    truth = as_truth(pl.read_parquet(asked.truth)) if asked.truth else None
    weeks = [week(site, ready, cutoff, (asked.days, truth)) for cutoff in asked.as_of]
    accuracy(weeks, asked.at)
    if truth is not None:
        sell_outs(weeks)
        conversions(weeks)


def seen(one: Week, clock: list[time]) -> Frame:
    """The week's listings at instants within their sessions (`lessons`), `_at` saying at which."""
    config = one.site.settings()
    if not clock:
        rows = lessons(one.ready.tables, one.planned, config.sensing(), config.models.nowcast)
        minutes = pl.format("{} min", pl.col(OPEN).cast(pl.Int64))
        since = pl.when(pl.col(OPEN).is_null()).then(pl.lit(BEFORE)).otherwise(minutes)
        return rows.with_columns(_at=since, _order=pl.col(OPEN).fill_null(-1.0).cast(pl.Float64))
    zone = ZoneInfo(config.market.timezone)
    told = []
    for hour in clock:
        day = pl.col("scheduled_at").dt.convert_time_zone(str(zone)).dt.date()
        at = day.dt.combine(hour).dt.replace_time_zone(str(zone)).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
        rows = looked_at(one, one.planned.with_columns(cutoff=at))
        told.append(rows.with_columns(_at=pl.lit(f"{hour:%H:%M}"), _order=pl.lit(hour.hour + hour.minute / 60)))
    return pl.concat(told)


def accuracy(weeks: list[Week], clock: list[time]) -> None:
    """One table a metric: a row for each instant, a column for each predictor."""
    parts = []
    for one in weeks:
        rows = seen(one, clock)
        settings, nowcaster = one.site.settings().models, one.serving.predictor.nowcaster
        if nowcaster is None:
            raise SystemExit("the predictor has no nowcaster: train on more sessions")
        said = {OURS: nowcaster.told(rows, settings.threads), **rivals(one.past, rows, settings)}
        kept = rows.select("_at", "_order", "demand_units", "censored", "available_share", "hit", "session_id")
        parts += [kept.hstack(frame.drop(ROW)).with_columns(predictor=pl.lit(name)) for name, frame in said.items()]
    every = pl.concat(parts)
    for title, metric in (("pinball", "pinball"), ("WAPE of the median", "wape")):
        print(f"\n**{title}, final demand**\n")
        table(every, metric)
    print("\n**ours: share of outcomes from p10 to p90, and hits**\n")
    print("| at | listings | covered | hits: average precision | of the plan |\n|---|---|---|---|---|")
    for label, part in _by_instant(every.filter(predictor=OURS)):
        plan = every.filter(pl.col("_at") == label, predictor="plan")
        covered, ours, before = demand_scores(part)["coverage80"], _ap(part), _ap(plan)
        print(f"| {label} | {part.height:,} | {covered:.3f} | {ours:.3f} | {before:.3f} |")


def table(every: Frame, metric: str) -> None:
    names = every["predictor"].unique(maintain_order=True).to_list()
    print("| at | " + " | ".join(names) + " |\n|---" * 1 + "|---" * len(names) + "|")
    for label, part in _by_instant(every):
        scores = [demand_scores(own)[metric] for own in _each(part, names)]
        best = min(scores)
        print(f"| {label} | " + " | ".join(f"**{s:.3f}**" if s == best else f"{s:.3f}" for s in scores) + " |")


def _each(part: Frame, names: list[str]) -> Iterator[Frame]:
    return (part.filter(predictor=name) for name in names)


def _by_instant(rows: Frame) -> Iterator[tuple[str, Frame]]:
    labels = rows.select("_at", "_order").unique().sort("_order")["_at"]
    return ((label, rows.filter(pl.col("_at") == label)) for label in labels)


def _ap(rows: Frame) -> float:
    known = rows.drop_nulls("hit")
    return average_precision(known["hit"].to_numpy(), known["p_hit"].to_numpy())


if __name__ == "__main__":
    main()
