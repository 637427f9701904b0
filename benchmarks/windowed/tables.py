"""What was measured as Markdown tables: medians, ranges, ratios of the same round, fitted exponents."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

Run = dict[str, Any]
COSTS = {"wall s": "wall_s", "CPU s": "cpu_s", "peak MB": "peak_mb", "with start-up, CPU s": "process_cpu_s"}


def of_setting(runs: Sequence[Run]) -> str:
    """One line a candidate: median (min to max) of what it took, and of its CPU beside the scan's and DuckDB's."""
    candidates = _in_order(runs)
    beside = [other for other in ("scan", "duckdb") if other in candidates]
    lines = []
    for candidate in candidates:
        own = [run for run in runs if run["candidate"] == candidate]
        costs = [_spread([run[cost] for run in own], _number) for cost in COSTS.values()]
        ratios = [_spread(_paired(own, runs, other, "cpu_s"), "{:.2f}".format) for other in beside]
        lines.append((candidate, *costs, *ratios))
    return table(["candidate", *COSTS, *(f"CPU / {other}" for other in beside)], lines)


def growth(runs: Sequence[Run], what: str) -> str:
    """How costs grow with events, cutoffs or windows.

    Exponents by least squares on logarithms, ratios of the largest to the smallest, and what one more costs.
    """
    lines = []
    for candidate in _in_order(runs):
        own = [run for run in runs if run["candidate"] == candidate]
        sizes = sorted({run[what] for run in own})
        if len(sizes) == 1:
            continue
        cells = []
        for cost in ("cpu_s", "wall_s", "peak_mb"):
            medians = [median(run[cost] for run in own if run[what] == size) for size in sizes]
            cells += [f"{_exponent(sizes, medians):.2f}", f"{medians[-1] / medians[0]:.2f}"]
            if cost == "cpu_s":
                cells.append(f"{_slope(sizes, medians):.3g}")
        lines.append((candidate, f"{sizes[0]:,} to {sizes[-1]:,}", *cells))
    heads = [f"{name} {part}" for name in ("CPU", "wall", "memory") for part in ("exponent", "ratio")]
    heads.insert(2, "CPU s for one more")
    return table(["candidate", what, *heads], lines) if lines else ""


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(x)} |" for x in lines)])


def _in_order(runs: Sequence[Run]) -> list[str]:
    # The first round's order is turned, so the names decide: scan first, then ours.
    found = {run["candidate"] for run in runs}
    return sorted(found, key=lambda name: (name != "scan", not name.startswith("engine"), name))


def _paired(own: Sequence[Run], runs: Sequence[Run], other: str, cost: str) -> list[float]:
    by_round = {run["round"]: run[cost] for run in runs if run["candidate"] == other}
    return [run[cost] / by_round[run["round"]] for run in own]


def _spread(values: Sequence[float], told: Callable[[float], str]) -> str:
    return f"{told(median(values))} ({told(min(values))} to {told(max(values))})"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits tell enough


def _exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    return _slope([math.log(size) for size in sizes], [math.log(cost) for cost in costs])


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    """By least squares."""
    middle = sum(x) / len(x)
    return sum((a - middle) * b for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)
