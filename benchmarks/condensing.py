"""A new day added to what is condensed, beside condensing all days anew.

    python benchmarks/condensing.py --events 10000000 --days 32

Writes a simulated stream of raw events as the lake holds them, a file a day, condenses all days but the last (untimed),
and then times, alternating: the last day alone; all days from nothing; and what a run reads afterwards, which is every
day put together. CPU seconds of this process, median of the rounds, and the ratios. Before that, the days put together
must equal all events condensed at once. A late file with one event of every day is added at the end.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.actions import MEASURE_OF_KIND
from features.condensed import ACTED, condense, joined
from features.contracts import TABLES
from flows.condensing import Condensing
from flows.config import load

FIRST = datetime(2025, 3, 1, 10, tzinfo=UTC)
WORDS = ["多少钱", "还有货吗", "love it", "发货太慢了", "hello"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        files = [_day(place, number, asked.events // asked.days) for number in range(asked.days)]
        _same(place, files[:4])
        _measure(place, files, asked.rounds)


def _day(place: Path, number: int, events: int) -> Path:
    draw = np.random.default_rng(number)
    session = np.minimum(draw.zipf(1.3, events) - 1, 99)
    kind = draw.choice(np.array(list(MEASURE_OF_KIND)), events)
    instant = np.sort(draw.integers(0, 4 * 3_600_000_000, events))
    told = pl.DataFrame(
        {
            "event_id": pl.Series(np.arange(events) + number * events).cast(pl.String),
            "session_id": pl.Series(session).cast(pl.String) + f"-{number}",
            "product_id": pl.Series((session * 31 + draw.zipf(1.5, events)) % 20_000).cast(pl.String),
            "viewer_id": pl.Series(draw.zipf(1.2, events) % 100_000).cast(pl.String),
            "kind": kind,
            "ts": pl.Series(instant).cast(pl.Duration("us")) + FIRST + timedelta(days=number),
            "text": pl.Series(draw.choice(np.array(WORDS), events)),
        }
    ).with_columns(text=pl.when(pl.col("kind") == "comment").then("text"))
    path = place / f"{number:03d}.parquet"
    pl.concat([TABLES["events"].empty(), told], how="diagonal").write_parquet(path)
    return path


def _same(place: Path, files: list[Path]) -> None:
    lexicon = load().comments
    parts = joined([condense(pl.read_parquet(file), lexicon) for file in files])
    whole = condense(pl.concat([pl.read_parquet(file) for file in files]), lexicon)
    by = ["session_id", "product_id", "minute"]
    if not parts[ACTED].sort(by).equals(whole[ACTED].sort(by)):
        raise SystemExit("days put together are not all days at once")
    print(f"equal: {len(files)} days put together and at once, {whole[ACTED].height:,} rows; in {place.name}")


def _measure(place: Path, files: list[Path], rounds: int) -> None:
    lexicon = load().comments
    kept, home = Condensing(place / "kept", lexicon), place / "all"
    kept.events(files[:-1])
    took: dict[str, list[float]] = {"one day": [], "all days": [], "reading": []}
    for _ in range(rounds):
        took["one day"].append(_cpu(lambda: condense(pl.read_parquet(files[-1]), lexicon)))
        shutil.rmtree(home, ignore_errors=True)
        took["all days"].append(_cpu(lambda: Condensing(home, lexicon).events(files)))
        kept.events(files)
        took["reading"].append(_cpu(lambda: kept.events(files)))
    late = place / "late.parquet"
    pl.concat([pl.read_parquet(file).head(1) for file in files]).with_columns(
        pl.col("event_id") + "late", received_at=FIRST + timedelta(days=len(files))
    ).write_parquet(late)
    middle = {name: statistics.median(runs) for name, runs in took.items()}
    print("\n| what | CPU s, median (min to max) | of all days |\n|---|---|---|")
    for name, runs in took.items():
        share = f"{middle[name] / middle['all days']:.3f}"
        print(f"| {name} | {middle[name]:.2f} ({min(runs):.2f} to {max(runs):.2f}) | {share} |")
    print(f"| a late file of {len(files)} events, and reading | {_cpu(lambda: kept.events([*files, late])):.2f} | |")
    print(f"\nall days cost {middle['all days'] / middle['one day']:.0f} times what a new day does")


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    main()
