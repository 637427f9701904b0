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
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.contracts import Tables
from features.labels import hit_labels, outcomes
from features.listings import ahead
from features.table import compute
from flows.data import read_data
from flows.moments import instant
from flows.registry import Registry
from flows.serving import Serving, serving
from flows.site import Site
from flows.tracking import PREDICTIONS
from models.accuracy import balanced_scores, demand_scores
from models.dataset import LISTING, ROW, TRUTH
from models.nowcast.lessons import lessons
from models.nowcast.rivals import rivals
from models.nowcast.scores import BEFORE, OURS
from models.nowcast.seen import SEEN
from models.nowcast.view import OPEN
from models.train import CHALLENGER
from models.truth import checked as as_truth
from models.truth import happened

DAY = timedelta(days=1)
Frame = pl.DataFrame


@dataclass(frozen=True, eq=False)
class Week:
    """The days after one cutoff.

    Attributes:
        site, tables, serving: the home, its lake, and the predictor that served at the cutoff.
        past: from what rivals learn (`lessons`).
        planned: the listings of those days with the forecast of the day before, and what became of them.
    """

    site: Site
    tables: Tables
    serving: Serving
    past: Frame
    planned: Frame


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
    tables = read_data(site).tables
    truth = as_truth(pl.read_parquet(asked.truth)) if asked.truth else None
    weeks = [week(site, tables, cutoff, (asked.days, truth)) for cutoff in asked.as_of]
    accuracy(weeks, asked.at)
    if truth is not None:
        from live_acts import conversions, sell_outs

        sell_outs(weeks)
        conversions(weeks)


def week(site: Site, tables: Tables, cutoff: datetime, asked: tuple[int, Frame | None]) -> Week:
    """What is looked at again."""
    days, truth = asked
    config, served = site.settings(), serving(site, cutoff)
    with TemporaryDirectory() as scratch:
        kept = Registry(site).fetched(served.version.run_id, PREDICTIONS, Path(scratch))
        judged = pl.read_parquet(kept).filter(predictor=CHALLENGER)
    sensing = config.sensing()
    past = lessons(tables, judged, sensing, config.models.nowcast)
    origins = pl.DataFrame({"cutoff": [cutoff + DAY * k for k in range(days)]}, {"cutoff": pl.Datetime("us", "UTC")})
    listings = ahead(tables, origins, DAY)
    told = served.predictor.forecast(compute(tables, listings, sensing)).drop(ROW)
    finished = outcomes(tables, cutoff + DAY * (days + 2), sensing)
    ended = happened(finished, listings, truth)
    planned = listings.select(*ROW, "scheduled_at", "is_new_product").hstack(told)
    known = planned.join(ended.drop("scheduled_at"), on=LISTING, maintain_order="left")
    return Week(site, tables, served, past, hit_labels(finished, known, sensing.labels))


def seen(one: Week, clock: list[time]) -> Frame:
    """The week's listings at instants within their sessions (`lessons`), `_at` saying at which."""
    config = one.site.settings()
    if not clock:
        rows = lessons(one.tables, one.planned, config.sensing(), config.models.nowcast)
        minutes = pl.format("{} min", pl.col(OPEN).cast(pl.Int64))
        since = pl.when(pl.col(OPEN).is_null()).then(pl.lit(BEFORE)).otherwise(minutes)
        return rows.with_columns(_at=since, _order=pl.col(OPEN).fill_null(-1.0).cast(pl.Float64))
    zone = ZoneInfo(config.market.timezone)
    told = []
    for hour in clock:
        day = pl.col("scheduled_at").dt.convert_time_zone(str(zone)).dt.date()
        at = day.dt.combine(hour).dt.replace_time_zone(str(zone)).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
        rows = looked_at(one, one.planned.with_columns(_look=at))
        told.append(rows.with_columns(_at=pl.lit(f"{hour:%H:%M}"), _order=pl.lit(hour.hour + hour.minute / 60)))
    return pl.concat(told)


def looked_at(one: Week, planned: Frame) -> Frame:
    """Listings at one instant each, `_look`, as `lessons` has them."""
    from models.grid import FORECAST
    from models.nowcast.lessons import WAS
    from models.nowcast.view import view

    sensing = one.site.settings().sensing()
    rows = planned.select(*LISTING, cutoff="_look").sort("cutoff", *LISTING)
    features = rows.hstack(compute(one.tables, rows, sensing, SEEN).drop(ROW))
    told = view(features, planned.select(*LISTING, "hit_bar_units", *FORECAST))
    truth = planned.select(
        *LISTING, *(name for name in TRUTH if name not in told.columns), **{was: pl.col(n) for n, was in WAS.items()}
    )
    return told.join(truth, on=LISTING, how="left", maintain_order="left")


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
        scores = [(demand_scores(own) | balanced_scores(own))[metric] for own in _each(part, names)]
        best = min(scores)
        print(f"| {label} | " + " | ".join(f"**{s:.3f}**" if s == best else f"{s:.3f}" for s in scores) + " |")


def _each(part: Frame, names: list[str]) -> Iterator[Frame]:
    return (part.filter(predictor=name) for name in names)


def _by_instant(rows: Frame) -> Iterator[tuple[str, Frame]]:
    labels = rows.select("_at", "_order").unique().sort("_order")["_at"]
    return ((label, rows.filter(pl.col("_at") == label)) for label in labels)


def _ap(rows: Frame) -> float:
    from models.metrics import average_precision

    known = rows.drop_nulls("hit")
    return average_precision(known["hit"].to_numpy(), known["p_hit"].to_numpy())


if __name__ == "__main__":
    main()
