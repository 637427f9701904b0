"""Demand of many listings together: what sessions, categories and products share, and what they don't.

How far up its own distribution a listing's demand lies is the chance of a normal score

    z = sqrt(a)·session + sqrt(b)·category + sqrt(c)·product + sqrt(1 - a - b - c)·own

whose parts are independent (a Gaussian copula; Li (2000), "On default correlation", Journal of Fixed Income 9(4)).
Each listing keeps its own forecast exactly; a room that fills up lifts all that it shows, and a product that is
misjudged is misjudged in each of its sessions. The same listings get the same draws, whatever the order of the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from stocking.distribution import Demand, Numbers
from stocking.planning.turns import Places
from stocking.policy import Policy

DRAWS = 400
_SEED = 20_241_111
_AT_ONCE = 4_000  # listings held in memory with all their draws


@dataclass(frozen=True, eq=False)
class Shared:
    """What listings share: (share of the variance, each listing's number), of sessions, categories and products.

    Attributes:
        groups: one pair a factor, the numbers one a listing.
    """

    groups: tuple[tuple[float, Places], ...]

    @classmethod
    def of(cls, lines: pl.DataFrame, policy: Policy) -> Self:
        """From the listings' ids and categories; a listing without a category shares its own product's mood."""
        mood = pl.coalesce("category", pl.format("product {}", "product_id"))
        numbered = lines.select(
            session=pl.col("session_id").rank("dense"),
            mood=mood.rank("dense"),
            product=pl.col("product_id").rank("dense"),
        )
        shares = (policy.session_share, policy.category_share, policy.product_share)
        places = ((column.cast(pl.Int64) - 1).to_numpy() for column in numbered.iter_columns())
        return cls(tuple(zip(shares, places, strict=True)))

    def chances(self, rows: Places) -> Numbers:
        """How far up its distribution each of these listings lies in each draw: one row a listing, `DRAWS` columns.

        Args:
            rows: the same together in every call that shall give the same draws.
        """
        left = 1.0 - sum(share for share, _ in self.groups)
        scores = np.sqrt(left) * _even_scores(len(rows), (len(self.groups), int(rows[0])))
        for kind, (share, places) in enumerate(self.groups):
            mine = places[rows]
            known, at = np.unique(mine, return_inverse=True)
            scores += np.sqrt(share) * np.vstack([_even_scores(1, (kind, int(one))) for one in known])[at]
        chances: Numbers = ndtr(scores)
        return chances


def drawn(demand: Demand, shared: Shared, rows: Places, member: Places) -> Iterator[tuple[Places, Numbers]]:
    """The demand of these listings in each draw, some listings at a time: their rows, and one row of draws each.

    Args:
        demand: of all listings.
        shared: what they share.
        rows: the listings wanted, by group.
        member: the group of each listing; a group is handed out whole.
    """
    start = 0
    while start < len(rows):
        groups = member[rows[start:]]
        fit = int(np.searchsorted(groups, groups[_AT_ONCE])) if len(groups) > _AT_ONCE else len(groups)
        end = start + (fit or int(np.searchsorted(groups, groups[0], side="right")))
        some = rows[start:end]
        yield some, demand.some(some).drawn(shared.chances(some))
        start = end


def _even_scores(rows: int, kind: tuple[int, int]) -> Numbers:
    """Normal scores, evenly spread within each row and in an order of its own."""
    even = ndtri((np.arange(DRAWS) + 0.5) / DRAWS)
    return np.random.default_rng((_SEED, *kind)).permuted(np.tile(even, (rows, 1)), axis=1)
