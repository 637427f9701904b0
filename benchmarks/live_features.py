"""From a batch of 50,000 events to refreshed features of 500 listings in 20 rooms, hour after hour.

    OMP_WAIT_POLICY=PASSIVE POLARS_MAX_THREADS=2 python benchmarks/live_features.py --batches 240

Each batch is a minute of skewed events of 100,000 viewers. Encoding (texts to topics, ids to numbers) is timed apart,
as input; adding the batch and refreshing all listings is the figure. Now and then the table must equal that of the
batch engine at the same cutoff.
"""

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.actions import MEASURE_OF_KIND
from features.contracts import TABLES, empty_tables
from features.live import LIVE, Live
from features.table import compute
from flows.config import load

ROOMS, LISTINGS, EVENTS, VIEWERS = 20, 500, 50_000, 100_000
BEGIN = datetime(2025, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OF_ROOM = ("enter", "leave", "like", "share", "follow", "gift")
KINDS = [kind for kind in MEASURE_OF_KIND if kind != "sold_out"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=240)
    parser.add_argument("--check", type=int, nargs="*", default=[2, 6], help="after which batches to compare")
    asked = parser.parse_args()
    tables, listings = _plan()
    sensing = load().sensing()
    live = Live.opened(tables, listings, BEGIN, sensing)
    encode, refresh, heard = [], [], []
    for number in range(asked.batches):
        batch = _batch(number)
        start = time.perf_counter()
        delivery = live.encode(batch, tables["orders"])
        encode.append(time.perf_counter() - start)
        start = time.perf_counter()
        live.add(delivery)
        table = live.refresh(BEGIN + (number + 1) * MINUTE)
        refresh.append(time.perf_counter() - start)
        if number <= max(asked.check, default=-1):
            heard.append(batch)
        if number in asked.check:
            rows = listings.with_columns(cutoff=pl.lit(BEGIN + (number + 1) * MINUTE).cast(pl.Datetime("us", "UTC")))
            whole = compute({**tables, "events": pl.concat(heard)}, rows, sensing, LIVE)
            if not table.select(whole.columns).equals(whole):
                raise SystemExit(f"after batch {number} live features are not those of the batch engine")
            print(f"equal after {number + 1} batches: {len(LIVE)} live features of {rows.height} listings")
    _told("encode", encode)
    _told("add and refresh", refresh)
    for begin, end in ((0, 60), (60, 120), (120, 240), (240, 720)):
        if refresh[begin:end]:
            _told(f"add and refresh, batch {begin + 1} to {min(end, len(refresh))}", refresh[begin:end])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _plan() -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    said = {"announced_at": BEGIN - timedelta(days=2)}
    sessions = [
        {"session_id": f"S{n}", "room_id": f"R{n}", "anchor_id": f"A{n}", "scheduled_at": BEGIN, "started_at": BEGIN}
        for n in range(ROOMS)
    ]
    products = [
        {"product_id": f"P{n}", "merchant_id": "M", "category": f"c/{n % 9}", "title": "t", "list_price": 10.0 + n}
        for n in range(LISTINGS)
    ]
    lineups = [
        {"session_id": f"S{n % ROOMS}", "product_id": f"P{n}", "price": 9.0 + n, "position": n} for n in range(LISTINGS)
    ]
    rows = {"sessions": [one | said for one in sessions], "products": products, "lineups": [o | said for o in lineups]}
    tables = empty_tables() | {
        name: pl.DataFrame([{c: row.get(c) for c in TABLES[name].dtypes} for row in some], schema=TABLES[name].dtypes)
        for name, some in rows.items()
    }
    return tables, tables["lineups"].select("session_id", "product_id")


def _batch(number: int) -> pl.DataFrame:
    draw = np.random.default_rng(number)
    room = np.minimum(draw.zipf(1.2, EVENTS) - 1, ROOMS - 1)
    product = room + ROOMS * np.minimum(draw.zipf(1.3, EVENTS) - 1, LISTINGS // ROOMS - 1)
    ts = np.sort(draw.integers(0, 60_000_000, EVENTS))
    return pl.DataFrame(
        {
            "event_id": pl.Series(np.arange(EVENTS) + number * EVENTS).cast(pl.String),
            "session_id": "S" + pl.Series(room).cast(pl.String),
            "product_id": "P" + pl.Series(product).cast(pl.String),
            "viewer_id": "V" + pl.Series(np.minimum(draw.zipf(1.1, EVENTS), VIEWERS)).cast(pl.String),
            "kind": draw.choice(np.array(KINDS), EVENTS),
            "ts": pl.Series(ts).cast(pl.Duration("us")) + (BEGIN + number * MINUTE),
            "text": pl.Series([None] * EVENTS, dtype=pl.String),
            "received_at": pl.Series([None] * EVENTS, dtype=pl.Datetime("us", "UTC")),
        }
    ).with_columns(
        product_id=pl.when(~pl.col("kind").is_in(OF_ROOM)).then("product_id"),
        text=pl.when(pl.col("kind") == "comment").then(pl.lit("多少钱")),
    ).cast(dict(TABLES["events"].dtypes)).select(TABLES["events"].dtypes.names())  # fmt: skip


def _told(name: str, seconds: Sequence[float]) -> None:
    middle, late, worst = (1000 * np.quantile(seconds, level) for level in (0.5, 0.95, 1.0))
    print(f"{name}: median {middle:.1f} ms, 95th percentile {late:.1f} ms, most {worst:.1f} ms")


if __name__ == "__main__":
    main()
