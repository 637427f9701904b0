"""The windows of sessions and listings, by our engine and by DuckDB, beside a bare scan of the same files.

    python benchmarks/features.py --events 1000000 10000000 --out out/benchmarks/features.json
    python benchmarks/features.py --events 10000000 --cutoffs 4 48 --windows 5 3 1

Worlds are made once by `windowed/skewed.py`. First all candidates must agree on every value; then each is run in a
fresh process, all of them and the scan once a round, after one round that does not count. Every candidate builds all
columns of all rows, and its sums are compared with the first ones each time. Of several events, cutoffs and windows the
first is the base: one is changed at a time. No time is asserted, and what is lost is printed like what is won.

This process imports nothing large: its own memory would count into that of the processes it starts.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from windowed.asked import LENGTHS
from windowed.measure import Setting, agree, generate, machine, measured
from windowed.tables import growth, of_setting

CANDIDATES = ("scan", "engine", "engine-sums", "duckdb", "duckdb-distinct")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--cutoffs", type=int, nargs="+", default=[4], help="a listing")
    parser.add_argument("--windows", type=int, nargs="+", default=[5], help="how many: 1 is 1m, 5 all of 1m to ever")
    parser.add_argument("--candidates", nargs="+", default=list(CANDIDATES), choices=CANDIDATES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path, default=Path("out/benchmarks"), help="where the worlds are kept")
    parser.add_argument("--out", type=Path, help="JSON of every single measurement")
    return parser.parse_args()


def settings(asked: argparse.Namespace) -> list[Setting]:
    """The base, and each of its neighbours along one axis."""
    events, cutoffs, windows = asked.events, asked.cutoffs, asked.windows
    points = [(one, cutoffs[0], windows[0]) for one in events]
    points += [(events[0], one, windows[0]) for one in cutoffs] + [(events[0], cutoffs[0], one) for one in windows]
    where = (asked.seed, asked.threads, asked.work)
    return [Setting(e, c, tuple(LENGTHS)[:w], *where) for e, c, w in dict.fromkeys(points)]


def checked(setting: Setting, candidates: Sequence[str]) -> tuple[str, dict[str, dict[str, int]]]:
    """What was compared, in words, and each candidate's sums; SystemExit where two candidates differ."""
    days = agree(setting)
    exact = {one: measured(one, setting, exact=True) for one in candidates if one != "scan"}
    first: dict[str, tuple[str, int, int, int]] = {}
    for one, run in exact.items():
        for column, total in run["sums"].items():
            told = (run["rows"], total, run["weighted"][column])
            before = first.setdefault(column, (one, *told))
            if before[1:] != told:
                sys.exit(f"{column}: {before[0]} and {one} differ: rows, sum, weighted sum {before[1:]} and {told}")
    rows = sorted({run["rows"] for run in exact.values()})
    told_of = f"{' and '.join(exact) or 'none'} on the sums and weighted sums of all columns that they share"
    words = (
        f"Agreed: ours and DuckDB on every value of {days['columns']} columns on {days['days']} of {days['of']} days,"
        f" a slow count on {days['rows_counted_slowly']:,} rows of them; {told_of}"
        f" over {' / '.join(f'{n:,}' for n in rows)} rows."
    )
    return words, {one: run["sums"] for one, run in exact.items()}


def rounds(setting: Setting, asked: argparse.Namespace, sums: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """All measurements of a setting; the order turns by one each round, and round 0 is the warm-up."""
    runs = []
    for number in range(asked.rounds + 1):
        turn = number % len(asked.candidates)
        for one in asked.candidates[turn:] + asked.candidates[:turn]:
            run = measured(one, setting)
            if run.pop("sums") != sums.get(one, {}):
                sys.exit(f"{one} found other sums in round {number} than when it was compared")
            sizes = {"events": setting.events, "cutoffs": setting.cutoffs, "windows": len(setting.windows)}
            runs.append({"round": number, **sizes, **run})
    return [run for run in runs if run["round"]]


def main() -> None:
    asked = arguments()
    print(f"{machine()}, {asked.threads} threads, {asked.rounds} rounds; median (min to max)")
    told: dict[str, Any] = {"machine": machine(), "threads": asked.threads, "agreed": {}, "runs": []}
    for setting in settings(asked):
        generate(setting)
        words, sums = checked(setting, asked.candidates)
        print(f"\n## {setting.title}\n\n{words}\n", flush=True)
        runs = rounds(setting, asked, sums)
        print(of_setting(runs), flush=True)
        told["agreed"][setting.title] = words
        told["runs"] += runs
        if asked.out:
            asked.out.parent.mkdir(parents=True, exist_ok=True)
            asked.out.write_text(json.dumps(told, indent=1))
    base = {"events": asked.events[0], "cutoffs": asked.cutoffs[0], "windows": asked.windows[0]}
    for what in base:
        same = [run for run in told["runs"] if all(run[k] == v for k, v in base.items() if k != what)]
        lines = growth(same, what)
        print(f"\n## How costs grow with {what}\n\n{lines}" if lines else "", end="\n" if lines else "")


if __name__ == "__main__":
    main()
