"""Joint decisions small enough to look through, and random ones of any size."""

import numpy as np
from scipy import sparse
from scipy.special import ndtri

from stocking.distribution import Demand
from stocking.lines import LEVELS
from stocking.planning.problem import Items, Problem
from stocking.units import Money, OrderTerms

CHANCES = np.array(list(LEVELS.values()))


def problem(items, uses, limits, groups=(), places=()):
    n = len(items)
    return Problem(
        items,
        sparse.csr_array(np.array(uses, dtype=float).reshape(-1, n)),
        np.array(limits, dtype=float),
        sparse.csr_array(np.array(groups, dtype=float).reshape(-1, n)),
        np.array(places, dtype=float),
    )


def drawn(seed, n, *, tight, packs=True, most=None):
    """Items with lognormal demand, two budgets, a warehouse and three suppliers, each `tight` of what would pay."""
    draw = np.random.default_rng(seed)
    middle, wide = draw.lognormal(3, 1, n), draw.uniform(0.4, 1.1, n)
    demand = Demand.told(middle[:, None] * np.exp(wide[:, None] * ndtri(CHANCES)), middle * np.exp(wide**2 / 2))
    price = draw.lognormal(4, 0.6, n)
    cost = price * draw.uniform(0.35, 0.75, n)
    pack = draw.choice([1.0, 5.0, 10.0], n) if packs else np.ones(n)
    terms = OrderTerms(draw.choice([0.0, 10.0, 30.0], n) if packs else np.zeros(n), pack)
    at_hand = np.where(draw.random(n) < 0.4, np.floor(middle * draw.random(n)), 0.0)
    top = (demand.inverse(np.full(n, 0.98)) - at_hand).clip(min=0.0)
    money = Money(price, cost, cost * draw.uniform(0.1, 0.7, n))
    items = Items(demand, money, at_hand, terms, np.zeros(n), np.where(top > 0.0, terms.not_below(top), 0.0))
    merchant, supplier = draw.integers(0, 2, n), draw.integers(0, 3, n)
    uses = np.vstack([cost * (merchant == one) for one in range(2)] + [draw.lognormal(1, 1, n)]
                     + [1.0 * (supplier == one) for one in range(3)])  # fmt: skip
    limits = tight * (uses @ items.wanted(np.zeros(n)))
    sessions = np.arange(n) // 4
    groups = [sessions == one for one in range(sessions.max() + 1)] if most else []
    return problem(items, uses, limits, groups, [most] * len(groups) if most else [])


def legal(items, item):
    least = items.terms.not_below(np.ones(len(items)))[item]
    top, pack = items.high[item], items.terms.pack[item]
    return [0.0, *np.arange(least, top + 1e-9, pack)] if top > 0 else [0.0]
