"""What a small share of exploration brings, in a world in which a list sees only what it stocked.

    python benchmarks/exploration.py --worlds 40

A world has 300 products, each shown once a round for 60 rounds. Its true demand is lognormal about a level that only
the world knows, and a supplier makes no fewer than 20 units. The planner starts from guesses, half of them far too
low. Each round it orders what it believes to pay best, or nothing, sees sales, cut off at the stock, and corrects its
belief. Where it sold out it takes what lies beyond for what it believes to lie there ("rebuilds", as ours does), or the
sales for the demand ("believes sales"); of what was not there it learns nothing. With exploration a product gets goods
for a higher quantile with a chance that is logged. Prints for each planner and share: profit as a share of the
oracle's, in all and in the last third of the rounds; and the gain of ordering more, a listing: the true one, what the
log says, weighed by one over the chance (`effect`), with the root of its mean square error, and what comparing listings
of much and little stock says, as somebody would who explores nothing.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from stocking.distribution import Numbers
from stocking.exploration import effect

PRODUCTS, ROUNDS, WIDE = 300, 60, 0.7
COST, SALVAGE = 0.4, 0.1  # of the price
USUAL = (1 - COST) / (1 - SALVAGE)
MORE, LEAST, LEARNS, TOO_LOW = 0.95, 20.0, 0.3, 0.5


@dataclass(frozen=True)
class Lived:
    """Profit of each round as a share of the oracle's, and what the log says of stocking more."""

    share: Numbers
    true_gain: float
    told_gain: float
    naive_gain: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=40)
    worlds = parser.parse_args().worlds
    print("planner, explored: profit in all, in the last third; gain of more: true, told, its error, naive")
    for planner in ("rebuilds", "believes sales"):
        for share in (0.0, 0.02, 0.05, 0.1, 0.2):
            lives = [lived(seed, share, rebuilds=planner == "rebuilds") for seed in range(worlds)]
            tell(f"{planner}, {share:.0%}", lives, explored=share > 0)


def tell(case: str, lives: list[Lived], *, explored: bool) -> None:
    whole, last = (np.mean([one.share[start:].mean() for one in lives]) for start in (0, 2 * ROUNDS // 3))
    print(f"{case}: {whole:.3f}, {last:.3f}", end="")
    if explored:
        names = ("true_gain", "told_gain", "naive_gain")
        true, told, naive = (np.mean([getattr(one, name) for one in lives]) for name in names)
        off = np.sqrt(np.mean([(one.told_gain - one.true_gain) ** 2 for one in lives]))
        print(f"; {true:.2f}, {told:.2f}, {off:.2f}, {naive:.2f}", end="")
    print(flush=True)


def lived(seed: int, share: float, *, rebuilds: bool) -> Lived:
    """One world from beginning to end; the same seed is the same demand, whatever is explored."""
    dice, lot = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    level = dice.normal(3.0, 0.8, PRODUCTS)
    believed = level + np.where(dice.random(PRODUCTS) < TOO_LOW, -1.2, 0.0) + dice.normal(0.0, 0.2, PRODUCTS)
    demand = np.exp(level + WIDE * dice.normal(size=(ROUNDS, PRODUCTS)))
    logs: list[tuple[Any, ...]] = []
    for wanted in demand:
        usual = ordered(believed)
        more = np.maximum(np.exp(believed + WIDE * ndtri(MORE)), LEAST)
        drawn = lot.random(PRODUCTS) < share
        stock = np.where(drawn, more, usual)
        logs.append((profit(stock, wanted), drawn, profit(more, wanted) - profit(usual, wanted), stock))
        believed = corrected(believed, np.minimum(wanted, stock), stock, rebuilds=rebuilds)
    return told_of(demand, logs, share)


def profit(stock: Numbers, demand: Numbers) -> Numbers:
    """Of each product, in its price."""
    earned: Numbers = np.minimum(stock, demand) * (1 - SALVAGE) - stock * (COST - SALVAGE)
    return earned


def ordered(believed: Numbers) -> Numbers:
    """What pays best by the belief: its quantile, at least the smallest order, or nothing where that does not pay."""
    units = np.maximum(np.exp(believed + WIDE * ndtri(USUAL)), LEAST)
    step = (np.log(units) - believed) / WIDE
    sold = np.exp(believed + WIDE**2 / 2) * ndtr(step - WIDE) + units * ndtr(-step)
    return np.where(sold * (1 - SALVAGE) > units * (COST - SALVAGE), units, 0.0)


def corrected(believed: Numbers, sales: Numbers, stock: Numbers, *, rebuilds: bool) -> Numbers:
    """The belief after a round, by what was seen of demand where anything was there to be bought."""
    step = (np.log(stock.clip(min=1e-9)) - believed) / WIDE
    beyond = believed + WIDE * np.exp(-(step.clip(-8, 8) ** 2) / 2) / np.sqrt(2 * np.pi) / ndtr(-step.clip(-8, 8))
    seen = np.where((sales >= stock) & rebuilds, beyond, np.log(sales.clip(min=1e-9)))
    told: Numbers = np.where(stock > 0, believed + LEARNS * (seen - believed), believed)
    return told


def told_of(demand: Numbers, logs: list[tuple[Any, ...]], share: float) -> Lived:
    oracle = (demand * (1 - COST)).sum(axis=1)
    earned = np.array([one[0].sum() for one in logs])
    outcome, drawn, gain, stock = (np.concatenate([one[place] for one in logs]) for place in range(4))
    told = effect(outcome, drawn, np.full(len(outcome), max(share, 1e-9)))
    much = stock > np.median(stock)
    naive = outcome[much].mean() - outcome[~much].mean()
    return Lived(earned / oracle, float(gain.mean()), told.gain, float(naive))


if __name__ == "__main__":
    main()
