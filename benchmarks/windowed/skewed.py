"""A season of live rooms made by chance: few sessions, products and viewers are busy, most are not.

Events come as Parquet files already encoded, one a day of sessions (every session wholly in its own file, also where
it runs past midnight), sorted by `known`; rows to be looked up come as one file a day beside them.

    python benchmarks/windowed/skewed.py --events 1000000 --work out/benchmarks
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

VERSION = 2  # of what the same parameters make
SECOND = 1_000_000  # instants are microseconds since 1970
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
FIRST_DAY = 19_783 * DAY  # 2024-03-01
LISTINGS_A_MILLION = 13_472.3
LISTINGS_A_SESSION = 20

# In the order of `asked.KINDS`: how many of a hundred events are of a kind, and which share is about one product.
KINDS = (
    ("enters", 14.0, 0.0),
    ("leaves", 12.0, 0.0),
    ("views", 22.0, 0.9),
    ("likes", 22.3, 0.05),
    ("comments", 10.0, 0.35),
    ("shares", 1.6, 0.2),
    ("follows", 2.0, 0.0),
    ("gifts", 1.0, 0.0),
    ("clicks", 11.0, 1.0),
    ("carts", 4.0, 1.0),
    ("sellouts", 0.1, 1.0),
)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """How much happens; skews are Zipf's exponents, between 0 (all alike) and 1."""

    events: int
    seed: int = 7
    days: int = 32
    session_skew: float = 0.8
    product_skew: float = 0.7
    listing_skew: float = 0.6
    viewer_skew: float = 0.5

    @property
    def listings(self) -> int:
        return max(round(self.events * LISTINGS_A_MILLION / 1e6), self.days)

    @property
    def products(self) -> int:
        return max(self.events // 500, 200)

    @property
    def viewers(self) -> int:
        return max(self.events // 10, 100)

    def folder(self, work: Path) -> Path:
        return work / f"{self.events}-events-seed-{self.seed}"


@dataclass(frozen=True, eq=False)
class Sessions:
    """One entry a session, in order of day and start."""

    day: Ints
    start: Ints
    length: Ints
    events: Ints
    listings: Ints


def sessions(world: World) -> Sessions:
    """All sessions of a world: when they run, how many events and listings they have."""
    random = np.random.default_rng([world.seed, 0])
    number = max(round(world.listings / LISTINGS_A_SESSION), world.days)
    day = np.sort(np.arange(number) % world.days)
    # The later of two draws: rooms are busiest in the evening, and some run past midnight.
    begin = (10 + 13.9 * random.random((2, number)).max(axis=0)) * HOUR
    start = np.sort(day * DAY + begin.astype(np.int64)) + FIRST_DAY
    length = np.clip(np.exp(random.normal(np.log(150), 0.6, number)), 20, 480) * MINUTE
    size = random.permutation(np.arange(1, number + 1) ** -world.session_skew)
    breadth = np.exp(random.normal(0, 0.8, number))
    return Sessions(
        day=day,
        start=start,
        length=length.astype(np.int64),
        events=random.multinomial(world.events, size / size.sum()),
        listings=1 + random.multinomial(max(world.listings - number, 0), breadth / breadth.sum()),
    )


def listings_of(world: World, all_of: Sessions, day: int) -> pl.DataFrame:
    """The day's listings (session, product), each session's best known product first, and when they may be asked."""
    random = np.random.default_rng([world.seed, 1, day])
    own = np.flatnonzero(all_of.day == day)
    session = np.repeat(own, all_of.listings[own])
    product = _zipf(random, len(session), world.products, world.product_skew)
    # No product stands twice in a session: one drawn again gives way to the next one free.
    place = pl.int_range(pl.len()).over("session")
    return (
        pl.DataFrame({"session": session, "product": product})
        .sort("session", "product")
        .select(
            pl.col("session").cast(pl.UInt32),
            ((pl.col("product") - place).cum_max().over("session") + place).cast(pl.UInt32).alias("product"),
            start=pl.Series(all_of.start[session]),
            length=pl.Series(all_of.length[session]),
        )
    )


def actions_of(world: World, all_of: Sessions, day: int) -> pl.DataFrame:
    """The day's events, sorted by the instant at which they were known."""
    random = np.random.default_rng([world.seed, 2, day])
    own = np.flatnonzero(all_of.day == day)
    session = np.repeat(own, all_of.events[own])
    number = len(session)
    known = all_of.start[session] + (random.random(number) * all_of.length[session]).astype(np.int64)
    order = np.argsort(known, kind="stable")
    session, known = session[order], known[order]
    kind = np.searchsorted(np.cumsum([k[1] for k in KINDS])[:-1], random.random(number) * 100, side="right")
    first_event = int(all_of.events[all_of.day < day].sum())
    return pl.DataFrame(
        {
            "event": np.arange(first_event, first_event + number, dtype=np.uint64),
            "session": session.astype(np.uint32),
            "product": _products(world, random, (all_of, day, session, kind)),
            "viewer": _viewers(world, random, all_of.events, session),
            "kind": kind.astype(np.uint8),
            "known": known,
            "received": known + random.exponential(2 * SECOND, number).astype(np.int64),
        }
    )


def rows_of(world: World, listings: pl.DataFrame, cutoffs: int, day: int) -> pl.DataFrame:
    """Every listing at some instants of its session: session, product, cutoff (microseconds)."""
    random = np.random.default_rng([world.seed, 3, day, cutoffs])
    rows = listings.select(pl.all().repeat_by(cutoffs).explode(empty_as_null=True))
    instant = rows["start"] + pl.Series(random.random(rows.height) * rows["length"].to_numpy()).cast(pl.Int64)
    return rows.select("session", "product", instant.alias("cutoff"))


def _products(
    world: World, random: np.random.Generator, events: tuple[Sessions, int, Ints, npt.NDArray[np.intp]]
) -> pl.Series:
    all_of, day, session, kind = events
    products = listings_of(world, all_of, day)["product"].to_numpy()
    first = np.cumsum(all_of.listings * (all_of.day == day)) - all_of.listings
    local = _zipf(random, len(session), all_of.listings[session], world.listing_skew)
    about_one = random.random(len(session)) < np.array([k[2] for k in KINDS])[kind]
    return pl.select(pl.when(pl.Series(about_one)).then(pl.Series(products[first[session] + local]))).to_series()


def _viewers(world: World, random: np.random.Generator, events: Ints, session: Ints) -> npt.NDArray[np.uint32]:
    # A session has a viewer for every four events, some much busier than others, and each is one of the world's.
    local = _zipf(random, len(session), np.maximum(events[session] // 4, 1), world.viewer_skew)
    return _skewed(_fraction(session * 2**32 + local), world.viewers, world.viewer_skew).astype(np.uint32)


def _zipf(random: np.random.Generator, number: int, size: int | Ints, skew: float) -> Ints:
    return _skewed(random.random(number), size, skew)


def _skewed(uniform: npt.NDArray[np.float64], size: int | Ints, skew: float) -> Ints:
    """Ranks below `size`, of which rank r comes about r^-skew as often as the first."""
    return np.minimum((uniform ** (1 / (1 - skew)) * size).astype(np.int64), size - 1)


def _fraction(keys: Ints) -> npt.NDArray[np.float64]:
    """A number in [0, 1) that hangs on the key alone (splitmix64's finish)."""
    mixed = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def made(world: World, work: Path, cutoffs: int) -> Path:
    """The folder of a world's files, written day by day where it is not there yet."""
    folder, all_of = world.folder(work), sessions(world)
    told = {**asdict(world), "version": VERSION}
    note = folder / "world.json"
    if note.exists() and json.loads(note.read_text()) != told:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(told))
    for name, frames in {
        "actions": lambda day: actions_of(world, all_of, day),
        "listings": lambda day: listings_of(world, all_of, day).select("session", "product"),
        f"rows-{cutoffs}": lambda day: rows_of(world, listings_of(world, all_of, day), cutoffs, day),
    }.items():
        _write(folder / name, ((day, frames(day)) for day in range(world.days)))
    return folder


def _write(folder: Path, frames: Iterator[tuple[int, pl.DataFrame]]) -> None:
    if folder.exists():
        return
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for day, frame in frames:
        frame.write_parquet(unfinished / f"{day:02}.parquet")
    unfinished.rename(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--cutoffs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path, default=Path("out/benchmarks"))
    arguments = parser.parse_args()
    print(made(World(arguments.events, arguments.seed), arguments.work, arguments.cutoffs))


if __name__ == "__main__":
    main()
