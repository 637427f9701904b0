"""From a batch of 50,000 events to refreshed features of 500 listings in 20 rooms, hour after hour.

    OMP_WAIT_POLICY=PASSIVE POLARS_MAX_THREADS=1 python benchmarks/live_features.py --batches 240 --room 3000000
    python benchmarks/live_features.py --batches 240 --check 1 60 120 240

Skewed events and orders of 100,000 viewers, each mostly in one room (`--roaming`: in any); some are delivered twice.
Encoding (texts to topics, ids to numbers) is timed apart, as input; adding the batch and refreshing all listings is the
figure, in wall time and in CPU time, which bears neighbours better. After the batches named by `--check` the table must
equal that of the batch engine at the same cutoff; what that needs is kept in memory meanwhile. `--room` makes room
ahead for so many events an hour.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.condensed import condense, joined
from features.contracts import TABLES, Tables, empty_tables
from features.live import LIVE, Live
from features.settings import Sensing
from features.table import compute
from flows.config import load

ROOMS, LISTINGS, EVENTS, ORDERS, AGAIN, VIEWERS = 20, 500, 50_000, 500, 250, 100_000
BEGIN = datetime(2025, 6, 1, 12, tzinfo=UTC)
MINUTE, LATENESS = timedelta(minutes=1), timedelta(minutes=30)
KINDS = {"enter": 14, "leave": 12, "view": 22, "like": 22, "comment": 10, "share": 2, "follow": 2, "gift": 1,
         "product_click": 11, "add_to_cart": 4}  # fmt: skip
OF_ROOM = ("enter", "leave", "like", "share", "follow", "gift")
SAID = [f"{what}{n}" for what in ("多少钱", "还有吗", "好看", "什么时候发货", "来了", "坏了") for n in range(200)]
UNSAID = 0.1
"""Share of the comments that nobody wrote before."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=240)
    parser.add_argument("--a-minute", type=int, default=1, help="batches in each minute, each with its own refresh")
    parser.add_argument("--room", type=int, default=0, help="for so many events an hour, made ahead")
    parser.add_argument("--roaming", action="store_true", help="viewers come to any room, not mostly to their own")
    parser.add_argument("--check", type=int, nargs="*", default=[1, 6], help="after which batches to compare")
    asked = parser.parse_args()
    tables, listings = plan()
    sensing = load().sensing()
    live = Live.opened(tables, listings, BEGIN, sensing)
    live.reserve(asked.room)
    opened, runs, kept = memory_mb(), [], []
    world = World(asked.a_minute, 0.0 if asked.roaming else 0.9)
    for number in range(1, asked.batches + 1):
        events, orders = world.batch(number)
        cutoff = BEGIN + number * MINUTE / asked.a_minute
        runs.append(run(live, events, orders, cutoff))
        if number <= max(asked.check, default=0):
            kept.append((condense(fresh(events, number), sensing.comments), fresh(orders, number, of=ORDERS)))
        if number in asked.check:
            check(live, {**tables, **joined([part for part, _ in kept]), "orders": pl.concat([o for _, o in kept])},
                  listings.with_columns(cutoff=pl.lit(cutoff).cast(pl.Datetime("us", "UTC"))), sensing)  # fmt: skip
        if number % 60 == 0 or number == asked.batches:
            say(number, runs[-60:], memory_mb() - opened)
    say(asked.batches, runs, memory_mb() - opened)


def run(live: Live, events: pl.DataFrame, orders: pl.DataFrame, cutoff: datetime) -> dict[str, float]:
    """Hand over one batch; milliseconds."""
    start = time.perf_counter()
    delivery = live.encode(events, orders)
    encoded, busy = time.perf_counter(), time.process_time()
    live.add(delivery)
    live.refresh(cutoff)
    live.forget_before(cutoff - LATENESS)  # as the watch does
    done = time.perf_counter()
    cpu = time.process_time() - busy
    return {"encode": 1000 * (encoded - start), "add and refresh": 1000 * (done - encoded), "of it CPU": 1000 * cpu}


def say(batches: int, runs: Sequence[dict[str, float]], more_mb: float) -> None:
    busy = os.getloadavg()[0]
    print(f"after {batches} batches, the last {len(runs)}; {more_mb:.0f} MB more than opened; load {busy:.1f}")
    for what in runs[0]:
        middle, late, worst = np.quantile([one[what] for one in runs], (0.5, 0.95, 1.0))
        print(f"  {what}: median {middle:.1f} ms, 95th percentile {late:.1f} ms, most {worst:.1f} ms", flush=True)


def check(live: Live, tables: Tables, rows: pl.DataFrame, sensing: Sensing) -> None:
    """Stop unless the live features are those of the batch engine."""
    whole = compute(tables, rows, sensing, LIVE)
    if not live.refresh(rows["cutoff"][0]).select(whole.columns).equals(whole):
        raise SystemExit(f"at {rows['cutoff'][0]} live features are not those of the batch engine")
    print(f"equal at {rows['cutoff'][0]:%H:%M:%S}: {len(LIVE)} live features of {rows.height} listings", flush=True)


def plan() -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    said = {"announced_at": BEGIN - timedelta(days=2)}
    rows = {
        "sessions": [
            said | {"session_id": f"S{n}", "room_id": f"R{n}", "anchor_id": f"A{n}", "scheduled_at": BEGIN}
            for n in range(ROOMS)
        ],
        "products": [
            {"product_id": f"P{n}", "merchant_id": "M", "category": f"c/{n % 9}", "title": "t", "list_price": 10.0 + n}
            for n in range(LISTINGS)
        ],
        "lineups": [
            said | {"session_id": f"S{n % ROOMS}", "product_id": f"P{n}", "price": 9.0, "units_offered": 40 * n or None}
            for n in range(LISTINGS)
        ],
    }
    tables = empty_tables() | {
        name: pl.DataFrame([{c: row.get(c) for c in TABLES[name].dtypes} for row in some], schema=TABLES[name].dtypes)
        for name, some in rows.items()
    }
    return tables, tables["lineups"].select("session_id", "product_id")


@dataclass(frozen=True)
class World:
    """Rooms, listings and viewers by Zipf's law; each viewer's own room is one of them by chance.

    Attributes:
        a_minute: batches in a minute.
        at_home: share of what viewers do in their own room.
    """

    a_minute: int
    at_home: float

    def batch(self, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Events and orders of one batch, and some of those of the batch before once more."""
        made = self.drawn(number)
        again = [rows.head(AGAIN) for rows in self.drawn(number - 1)] if number > 1 else [rows.clear() for rows in made]
        return pl.concat([made[0], again[0]]), pl.concat([made[1], again[1]])

    def drawn(self, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        draw = np.random.default_rng(number)
        events, orders = self.placed(draw, EVENTS, number), self.placed(draw, ORDERS, number)
        weights = np.array(list(KINDS.values())) / sum(KINDS.values())
        kind = pl.Series(draw.choice(np.array(list(KINDS)), EVENTS, p=weights))
        said = pl.Series(draw.choice(SAID, EVENTS)) + np.where(draw.random(EVENTS) < UNSAID, events["id"], "")
        events = events.with_columns(
            kind=kind,
            event_id="id",
            product_id=pl.when(~kind.is_in(OF_ROOM)).then("product_id"),
            text=pl.when(kind == "comment").then(said),
        )
        units = pl.Series(draw.integers(1, 3, ORDERS))
        orders = orders.with_columns(units=units, unit_price=pl.lit(9.0), order_id="id")
        return fitted(events, "events"), fitted(orders, "orders")

    def placed(self, draw: np.random.Generator, many: int, number: int) -> pl.DataFrame:
        """Who did something when, in which room, with which of its listings."""
        viewer = (VIEWERS * draw.random(many) ** 2).astype(np.int64)
        own = skewed(np.random.default_rng(0), VIEWERS, ROOMS, 0.9)[viewer]
        room = np.where(draw.random(many) < self.at_home, own, skewed(draw, many, ROOMS, 0.9))
        product = room + ROOMS * skewed(draw, many, LISTINGS // ROOMS, 0.8)
        length = 60_000_000 // self.a_minute
        ts = np.sort(draw.integers(0, length, many)) + (number - 1) * length
        return pl.DataFrame(
            {
                "id": f"{many}-" + pl.Series(np.arange(many) + number * many).cast(pl.String),
                "session_id": "S" + pl.Series(room).cast(pl.String),
                "product_id": "P" + pl.Series(product).cast(pl.String),
                "viewer_id": "V" + pl.Series(viewer).cast(pl.String),
                "ts": pl.Series(ts).cast(pl.Duration("us")) + BEGIN,
                "received_at": None,
            }
        )


def fresh(rows: pl.DataFrame, number: int, of: int = EVENTS) -> pl.DataFrame:
    """Without what was delivered before."""
    return rows.head(of) if number > 1 else rows


def skewed(draw: np.random.Generator, many: int, of: int, exponent: float) -> np.ndarray:
    weights = np.arange(1, of + 1) ** -exponent
    return draw.choice(of, many, p=weights / weights.sum())


def fitted(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    return rows.select(TABLES[table].dtypes.names()).cast(dict(TABLES[table].dtypes))


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
