"""From forecasts to the plan and its stocking list, step by step."""

from dataclasses import dataclass

import polars as pl

from stocking.decided import DECIDED, LIMITS
from stocking.economics import with_economics
from stocking.exploration import logged
from stocking.lines import STOCK, checked, listings
from stocking.net_demand import with_net_demand
from stocking.notes import with_notes
from stocking.order_by import with_order_by
from stocking.outlook import with_outlook
from stocking.planning.joint import decided_together
from stocking.planning.prospect import Prospect
from stocking.policy import Policy
from stocking.stocking_list import as_published, published, ranked
from stocking.units import with_order_terms


@dataclass(frozen=True, eq=False)
class Plan:
    """What was decided, and within what.

    Attributes:
        lines: one row per listing, sorted by `rank` (`stocking.decided.DECIDED`).
        limits: what the plan had to keep to (`stocking.decided.LIMITS`).
        prospect: what it is expected to come to.
        explored: the listings that the lot could have given more, with the chance (`stocking.exploration.logged`).
    """

    lines: pl.DataFrame
    limits: pl.DataFrame
    prospect: Prospect
    explored: pl.DataFrame

    @property
    def stocking_list(self) -> pl.DataFrame:
        """The contract's columns and types, every value checked."""
        return published(self.lines)


def planned(lines: pl.DataFrame, stock: pl.DataFrame, policy: Policy) -> Plan:
    """What to have ready for each listing ahead, decided for all of them together.

    Args:
        lines: one row per listing ahead, with its forecast (`stocking.lines.LINES`), in any order.
        stock: one row per product, what is on hand and inbound at the cutoff (`stocking.lines.STOCK`).
        policy: what the business accepts.

    Raises:
        InfeasibleError: no plan keeps to all limits.
    """
    priced = (
        listings(lines)
        .pipe(with_economics, policy)
        .pipe(with_order_terms, policy)
        .pipe(with_order_by, policy)
    )  # fmt: skip
    joint = decided_together(priced, checked(stock, STOCK), policy)
    told = (
        joint.lines
        .pipe(with_outlook)
        .pipe(with_net_demand)
        .pipe(with_notes)
        .pipe(ranked, policy)
        .pipe(_decided)
    )  # fmt: skip
    return Plan(told, checked(joint.limits, LIMITS), joint.prospect, logged(joint.lines))


def stocking_list(lines: pl.DataFrame, stock: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The ranked list of what to have ready for each listing ahead: the plan's lines as the contract has them.

    Returns:
        The contract's columns and types (`stocking.stocking_list.STOCKING_LIST`), sorted by `rank`. The order of the
        rows that came in changes nothing.
    """
    return planned(lines, stock, policy).stocking_list


def _decided(lines: pl.DataFrame) -> pl.DataFrame:
    """The list's columns and those beside it, every value checked; what is not known of viewers is nothing."""
    silent = pl.col("questions", "complaints").fill_null([])
    flags = pl.col("is_new_product", "capped_last_time").fill_null(value=False)
    frame = as_published(lines).with_columns(silent, flags)
    return checked(frame.select(*DECIDED.columns).rechunk(), DECIDED)
