"""Whether what comes is like what came before, asked every day, with a stated share of false alarms over all days.

n numbers that came before, in order, leave n + 1 gaps. If those that come are exchangeable with them, one a day,
whatever their distribution, then the next falls into gap j with a chance of

    (1 + c_j) / (n + 1 + t)

where c_j of the t that have come so far fell into it (Polya's urn; Hill 1968, "Posterior distribution of percentiles").
Whoever bets against that with a capital of 1 has a capital that is expected to stay 1, and by Ville's inequality it
reaches c at any time at all with a chance of at most 1 / c. So one may look every day (Vovk, Nouretdinov and Gammerman
2003, "Testing exchangeability on-line"; Vovk and others 2021, "Retrain or not retrain: conformal test martingales for
change-point detection").
"""

import zlib
from collections.abc import Sequence

import numpy as np

from models.grid import Floats, Ints

POWERS = (0.2, 0.5)
"""A bet puts x^k of its money on the highest share x of all gaps: the smaller k, the more on the very highest."""


def gaps(scores: Floats, reference: int, name: str) -> Ints:
    """Into which gap of the reference each later number falls: 0 above all of it, n below; ties are broken by dice.

    Args:
        scores: one a day, those of the reference first.
        reference: n, how many there are of them.
        name: of what is watched; the dice are its own, so that the same numbers always say the same.

    >>> gaps(np.array([1.0, 2.0, 3.0, 9.0, 2.5, 0.0]), 3, "example").tolist()
    [0, 1, 3]
    """
    before, after = scores[:reference], scores[reference:]
    dice = np.random.default_rng(zlib.crc32(name.encode())).random(len(scores))
    ahead = (before > after[:, None]) | ((before == after[:, None]) & (dice[:reference] > dice[reference:, None]))
    return np.asarray(ahead.sum(axis=1), dtype=np.int64)


def capital(gap: Ints, reference: int, jump: float, *, two_sided: bool = True) -> Floats:
    """What a capital of 1 has become after each day of bets on the highest gaps, and on the lowest where both are odd.

    At first all of it is kept aside; each day a share `jump` of it is dealt out anew between keeping it and the bets,
    as if a change came on one day of 1 / `jump`. So a long calm costs little, and a change is bet on soon after it
    came (the "Simple Jumper" of Vovk and others 2021).

    Args:
        gap: what `gaps` gave.
        reference: n.
        jump: in (0, 1).
        two_sided: whether low numbers are odd, too.

    >>> capital(np.array([10, 0, 0, 0]), 20, jump=0.03).round(1).tolist()
    [1.0, 1.1, 1.7, 3.8]
    """
    stakes = _stakes(reference, two_sided=two_sided)
    held, after = np.zeros(len(stakes) + 1), []
    held[0] = 1.0
    fallen = np.ones(reference + 1)
    for place in gap:
        held = (1.0 - jump) * held + jump * held.sum() / len(held)
        held[1:] *= stakes[:, place] * fallen.sum() / fallen[place]
        fallen[place] += 1.0
        after.append(held.sum())
    return np.array(after, dtype=np.float64)


def _stakes(reference: int, *, two_sided: bool) -> Floats:
    """What each bet puts on each gap: one row a bet, each summing to one."""
    edges = np.arange(reference + 2) / (reference + 1)
    high = np.stack([np.diff(edges**power) for power in POWERS])
    return np.vstack([high, high[:, ::-1]]) if two_sided else high


def together(capitals: Sequence[Floats]) -> Floats:
    """What the same bets come to if the first capital is dealt out evenly between several streams."""
    return np.asarray(np.mean(np.stack(list(capitals)), axis=0), dtype=np.float64)
