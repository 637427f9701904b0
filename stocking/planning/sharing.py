"""A product's units to its sessions: where the last unit is worth the same, then whole packs, then the goods at hand.

The units of a pool go to its sessions so that one more would gain as much in each, by their prices and their demand.
What is at hand goes first to sessions that no order can reach in time, then by time. Orders are whole packs of at least
the smallest order; a session that needs less is served by the order for an earlier one that is not too late, and if
there is none, the order for a later one is brought forward to it.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.planning.turns import Places, place_in_group
from stocking.units import Money

_HALVINGS = 44


@dataclass(frozen=True, eq=False)
class Whole:
    """What each pool has and what an order for it must be: units at hand, units ordered, pack, smallest order."""

    at_hand: Numbers
    orders: Numbers
    pack: Numbers
    least: Numbers


def shared(lines: pl.DataFrame, member: Places, pools: Whole, ceiling: float) -> pl.DataFrame:
    """Each listing with its part of its pool: `available_units` and `recommended_units`.

    Over a pool they sum to its units at hand and its order.
    """
    turn = _in_turn(lines, member)
    wished = rounded(evened(lines, member, pools.at_hand + pools.orders, ceiling), member, pools, turn)
    late = lines["is_too_late"].to_numpy()
    given = np.zeros((2, len(member)))
    for mine in np.split(turn, np.flatnonzero(np.diff(member[turn])) + 1) if len(turn) else []:
        pool = member[mine[0]]
        first = np.argsort(~late[mine], kind="stable")
        missing = wished[mine] - handed_out(wished[mine], first, pools.at_hand[pool])
        ordered = packed(missing, pools.pack[pool], pools.least[pool])
        given[0, mine] = handed_out((wished[mine] - ordered).clip(min=0.0), first, pools.at_hand[pool])
        given[1, mine] = ordered
    return lines.with_columns(
        available_units=pl.Series(given[0].astype(np.int64)), recommended_units=pl.Series(given[1].astype(np.int64))
    )


def _in_turn(lines: pl.DataFrame, member: Places) -> Places:
    """The listings pool by pool, those that an order can reach first, by time."""
    rows = lines.select("is_too_late", "scheduled_at", "session_id", pool=pl.Series(member), row=pl.int_range(pl.len()))
    turn: Places = rows.sort("pool", "is_too_late", "scheduled_at", "session_id")["row"].to_numpy()
    return turn


def evened(lines: pl.DataFrame, member: Places, total: Numbers, ceiling: float) -> Numbers:
    """The units of each pool, in parts, so that one more would gain as much in each of its sessions.

    None goes beyond the `ceiling` quantile of a session's demand; what is too much for all of them goes to none.
    """
    demand, money = Demand.of(lines), Money.of(lines)
    spread = np.maximum(money.net_revenue - money.salvage, 1e-9)
    none_left, all_left = np.zeros(len(total)), np.zeros(len(total))
    np.maximum.at(all_left, member, spread)
    for _ in range(_HALVINGS):
        worth = (none_left + all_left) / 2.0
        units = _at(demand, 1.0 - worth[member] / spread, ceiling)
        enough = np.bincount(member, units, minlength=len(total)) >= total
        none_left, all_left = np.where(enough, worth, none_left), np.where(enough, all_left, worth)
    return _at(demand, 1.0 - all_left[member] / spread, ceiling)


def _at(demand: Demand, chance: Numbers, ceiling: float) -> Numbers:
    return np.where(chance > 0.0, demand.inverse(chance.clip(0.0, ceiling)), 0.0)


def rounded(units: Numbers, member: Places, pools: Whole, turn: Places) -> Numbers:
    """Whole units that sum to what each pool has: the greatest parts are rounded up, what is over goes to the first."""
    total = pools.at_hand + pools.orders
    whole = _rounded_up(units, np.floor(units + 1e-6), total, member)
    rest = total - np.bincount(member, whole, minlength=len(total))
    first = turn[np.searchsorted(member[turn], np.arange(len(rest)), side="left")] if len(turn) else turn
    whole[first] += rest
    return whole


def handed_out(wanted: Numbers, order: Places, at_hand: float) -> Numbers:
    """Units at hand to sessions one after the other in this order, each up to what it wants.

    >>> handed_out(np.array([3.0, 4.0, 5.0]), np.array([1, 0, 2]), 6.0).tolist()
    [2.0, 4.0, 0.0]
    """
    left = at_hand - np.concatenate([[0.0], wanted[order].cumsum()[:-1]])
    given = np.empty_like(wanted)
    given[order] = np.minimum(wanted[order], left.clip(min=0.0))
    return given


def packed(missing: Numbers, pack: float, least: float) -> Numbers:
    """Legal orders for what is missing in each session, in turn: what is no order by itself joins the one before it.

    What is missing at the beginning and is no order is joined by the next one.

    >>> packed(np.array([5.0, 12.0, 8.0]), 5.0, 20.0).tolist(), packed(np.array([20.0, 15.0, 10.0]), 5.0, 20.0).tolist()
    ([25.0, 0.0, 0.0], [20.0, 25.0, 0.0])

    Args:
        missing: units, whose sum is 0 or a legal order.
        pack: units in a pack.
        least: units of the smallest order.
    """
    orders, joins = np.zeros_like(missing), 0.0
    for place in range(len(missing) - 1, -1, -1):
        units = (missing[place] + joins) // pack * pack
        orders[place] = units if units >= least else 0.0
        joins += missing[place] - orders[place]
    if joins > 0.0:
        next_one = int(np.argmax(orders > 0.0))
        first = int(np.argmax(missing > 0.0))
        orders[next_one], orders[first] = 0.0, orders[next_one] + joins
    return orders


def split(total: Numbers, weights: Numbers, member: Places) -> Numbers:
    """Whole units of each pool to its listings by weight, the greatest parts rounded up; equally where none weighs.

    >>> split(np.array([5.0, 1.0]), np.array([1.0, 3.0, 0.0]), np.array([0, 0, 1])).tolist()
    [1.0, 4.0, 1.0]
    """
    heavy = np.bincount(member, weights, minlength=len(total))
    even = np.bincount(member, minlength=len(total))
    parts = np.where(heavy[member] > 0.0, weights / np.where(heavy > 0.0, heavy, 1.0)[member], 1.0 / even[member])
    units = total[member] * parts
    return _rounded_up(units, np.floor(units + 1e-9), total, member)


def _rounded_up(units: Numbers, whole: Numbers, total: Numbers, member: Places) -> Numbers:
    """The whole units, one more for those of each pool with the greatest parts left, as far as its total reaches."""
    over = total - np.bincount(member, whole, minlength=len(total))
    place = place_in_group(np.lexsort((-(units - whole), member)), member)
    more: Numbers = whole + (place < over[member])
    return more
