"""Which products get more than pays best, by lot: who could, with which chance, and what it takes of the limits."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from stocking.distribution import Numbers
from stocking.planning.posed import Posed
from stocking.planning.problem import Solution, allowed
from stocking.policy import Policy

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lots:
    """What the lot came to, one value a pool.

    Attributes:
        chance: with which it could be drawn; 0 where it could not.
        drawn: whether it was.
        extra: the units more that being drawn means.
    """

    chance: Numbers
    drawn: Bools
    extra: Numbers

    def added(self, solution: Solution, posed: Posed) -> Solution:
        """The solution with what was drawn on top; what it gains is counted anew."""
        orders = solution.orders + np.where(self.drawn, self.extra, 0.0)
        lost = posed.problem.gain(solution.orders) - posed.problem.gain(orders)
        return replace(solution, orders=orders, gain=solution.gain - lost) if self.drawn.any() else solution


def lots(posed: Posed, solution: Solution, policy: Policy) -> Lots:
    """Draw, among the pools that can be given goods for the `explore_level` quantile of their demand.

    Not those that a merchant has decided, that earn nothing, that come too late or have enough. So that the chance is
    the same for each whatever the others draw, only so many can be drawn as would fit the limits all at once. The lot
    hangs on the product and its first session, not on the cutoff: a list that is made again draws the same.
    """
    extra = _extra(posed, solution, policy) if policy.explore_share > 0.0 else np.zeros(len(posed.problem.items))
    ids = posed.frame.select("product_id", "session_id").rows()
    luck = np.array([_dice(policy.explore_seed, *pair) for pair in ids]).reshape(-1, 2)
    able = _fitting(posed, solution, extra, luck[:, 1])
    return Lots(np.where(able, policy.explore_share, 0.0), able & (luck[:, 0] < policy.explore_share), extra * able)


def _extra(posed: Posed, solution: Solution, policy: Policy) -> Numbers:
    """The units more that each pool would get, whole packs up to the quantile or else one; 0 where none can be had."""
    items = posed.problem.items
    missing = posed.pools.demand.inverse(np.full(len(items), policy.explore_level)) - items.at_hand
    missing = missing - posed.frame["surplus_units"].to_numpy()
    least = items.terms.below(missing.clip(min=0.0))
    wanted = np.where(least > solution.orders, least, items.step_up(solution.orders))
    free = posed.frame["approved_units"].is_null().to_numpy() & (missing > solution.orders)
    legal = items.allows(wanted) & (wanted > solution.orders) & free
    return np.where(legal, wanted - solution.orders, 0.0)


def _fitting(posed: Posed, solution: Solution, extra: Numbers, turn: Numbers) -> Bools:
    """Which pools could all have their units more at once, taken in an order that the lot knows nothing of."""
    problem, able = posed.problem, np.zeros(len(extra), dtype=np.bool_)
    uses, groups = problem.uses.tocsc(), problem.groups.tocsc()
    used = problem.used(solution.orders)
    ordered = problem.groups @ (solution.orders > 0.0).astype(np.float64)
    for pool in np.flatnonzero(extra > 0.0)[np.argsort(turn[extra > 0.0], kind="stable")]:
        takes = uses[:, [pool]].toarray().ravel() * extra[pool]
        counts = groups[:, [pool]].toarray().ravel() * float(solution.orders[pool] == 0.0)
        if (used + takes <= allowed(problem.limits)).all() and (ordered + counts <= problem.places).all():
            used, ordered, able[pool] = used + takes, ordered + counts, True
    return able


def _dice(seed: int, product: str, session: str) -> tuple[float, float]:
    """Two numbers in [0, 1) that hang on nothing but these."""
    digest = hashlib.sha256(f"{seed}\0{product}\0{session}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:16]) / 2**64
