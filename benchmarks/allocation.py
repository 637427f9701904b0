"""How fast and how near the best the allocation is, beside HiGHS and plain greedy, on generated listings.

    python benchmarks/allocation.py            # 1,000 listings with HiGHS, 10,000 and 100,000 by allocation

Listings have lognormal demand, packs and minimum orders (or none); budgets of several merchants and suppliers' capacity
are half of what would pay freely, the warehouse three tenths. `gap` is to the certified bound. Greedy adds the pack
that gains most for its money, one after the other. Seconds are of this machine; of interest are gaps and ratios.
"""

import argparse
import heapq
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.special import ndtri

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from stocking.distribution import Demand
from stocking.lines import LEVELS
from stocking.planning.allocation import allocate
from stocking.planning.exact import Effort, prove
from stocking.planning.problem import Items, Problem, Solution
from stocking.units import Money, OrderTerms

ROUNDS = 3
SMALL = 1_000  # listings that HiGHS is asked to prove
STOCKED = 0.4  # of the listings have goods at hand
CASES = (
    ("two limits, single units", 1, 0, False),
    ("two limits, packs", 1, 0, True),
    ("20 limits, packs", 6, 13, True),
    ("500 limits, packs", 200, 299, True),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--seconds", type=float, default=27.0, help="for HiGHS, at 1,000 listings and fewer")
    arguments = parser.parse_args()
    print("| listings | case | allocation s | gap | greedy gains | HiGHS s | gap | HiGHS gains |")
    print("|---|---|---|---|---|---|---|---|")
    for size in arguments.sizes:
        for name, merchants, suppliers, packs in CASES:
            if merchants * 20 <= size:
                _measure(size, name, drawn(size, merchants, suppliers, packs=packs), arguments.seconds)


def _measure(size: int, name: str, problem: Problem, seconds: float) -> None:
    took, found = _timed(lambda: allocate(problem))
    cells = [f"{size:,}", name, f"{took:.2f}", f"{found.gap:.3%}"]
    cells.append(_more(_greedy(problem).gain, found.gain) if size <= SMALL else "")
    if size <= SMALL:
        start = time.perf_counter()
        proven = prove(problem, Effort(seconds=seconds))
        cells += [f"{time.perf_counter() - start:.1f}", f"{proven.gap:.3%}", _more(proven.gain, found.gain)]
    else:
        cells += ["", "", ""]
    print("| " + " | ".join(cells) + " |", flush=True)


def _more(gain: float, than: float) -> str:
    return f"{gain / than - 1:+.2%}"


def _timed(solve: Callable[[], Solution]) -> tuple[float, Solution]:
    """The median of some rounds after a warm-up, in seconds, and what was found."""
    found, took = solve(), []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        solve()
        took.append(time.perf_counter() - start)
    return float(np.median(took)), found


def _greedy(problem: Problem) -> Solution:
    """Pack by pack what gains most for its money, as long as it fits."""
    items, cost = problem.items, problem.items.money.cost
    uses = problem.uses.tocsc()
    orders, left = np.zeros(len(items)), problem.limits.copy()
    waiting = [(-ratio, item) for item, ratio in enumerate(_ratios(items, orders, cost).tolist()) if ratio > 0.0]
    heapq.heapify(waiting)
    while waiting:
        _, item = heapq.heappop(waiting)
        mine = slice(uses.indptr[item], uses.indptr[item + 1])
        one = items.some(np.array([item]))
        step = one.step_up(orders[[item]])[0] - orders[item]
        if step > 0.0 and (uses.data[mine] * step <= left[uses.indices[mine]]).all():
            left[uses.indices[mine]] -= uses.data[mine] * step
            orders[item] += step
            ratio = _ratios(one, orders[[item]], cost[[item]])[0]
            if ratio > 0.0:
                heapq.heappush(waiting, (-ratio, item))
    return Solution(orders, problem.gain(orders), np.inf, np.zeros(len(problem.limits)))


def _ratios(items: Items, orders: np.ndarray, cost: np.ndarray) -> np.ndarray:
    more = items.step_up(orders)
    steps = np.where(more > orders, more - orders, 1.0)
    return np.where(more > orders, (items.gain(more) - items.gain(orders)) / (steps * cost), 0.0)


def drawn(size: int, merchants: int, suppliers: int, *, packs: bool) -> Problem:
    draw = np.random.default_rng(size)
    middle, wide = draw.lognormal(3, 1.2, size), draw.uniform(0.4, 1.1, size)
    quantiles = middle[:, None] * np.exp(wide[:, None] * ndtri(np.array(list(LEVELS.values()))))
    demand = Demand.told(quantiles, middle * np.exp(wide**2 / 2))
    price = draw.lognormal(4, 0.7, size)
    cost = price * draw.uniform(0.35, 0.75, size)
    pack = draw.choice([1.0, 5.0, 10.0, 20.0], size) if packs else np.ones(size)
    terms = OrderTerms(draw.choice([0.0, 10.0, 20.0, 50.0], size) if packs else np.zeros(size), pack)
    at_hand = np.where(draw.random(size) < STOCKED, np.floor(middle * draw.random(size)), 0.0)
    top = (demand.inverse(np.full(size, 0.98)) - at_hand).clip(min=0.0)
    items = Items(
        demand, Money(price, cost, cost * draw.uniform(0.1, 0.7, size)), at_hand, terms, np.zeros(size),
        np.where(top > 0.0, terms.not_below(top), 0.0),
    )  # fmt: skip
    uses = _uses(draw, cost, merchants, suppliers)
    limits = 0.5 * (uses @ items.wanted(np.zeros(size)))
    limits[merchants] *= 0.6  # bulky goods are not the dear ones: else half of the money leaves room enough
    return Problem(items, uses, limits, sparse.csr_array((0, size)), np.zeros(0))


def _uses(draw: np.random.Generator, cost: np.ndarray, merchants: int, suppliers: int) -> sparse.csr_array:
    size = len(cost)
    each = np.arange(size)
    rows = [
        sparse.csr_array((cost, (draw.integers(0, merchants, size), each)), shape=(merchants, size)),
        sparse.csr_array(draw.lognormal(1, 1, size)[None, :]),
    ]
    if suppliers:
        asked = (np.ones(size), (draw.integers(0, suppliers, size), each))
        rows.append(sparse.csr_array(asked, shape=(suppliers, size)))
    return sparse.csr_array(sparse.vstack(rows))


if __name__ == "__main__":
    main()
