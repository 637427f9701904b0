"""From forecasts to the stocking list, step by step."""

import polars as pl

from stocking.availability import with_available
from stocking.economics import with_economics
from stocking.lines import STOCK, checked, listings
from stocking.net_demand import with_net_demand
from stocking.notes import with_notes
from stocking.order_by import with_order_by
from stocking.outlook import with_outlook
from stocking.policy import Policy
from stocking.reserve import with_reserve
from stocking.stocking_list import published, ranked
from stocking.units import with_order_terms, with_recommended, with_target


def stocking_list(lines: pl.DataFrame, stock: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The ranked list of what to have ready for each listing ahead.

    Args:
        lines: one row per listing ahead, with its forecast (`stocking.lines.LINES`), in any order.
        stock: one row per product, what is on hand and inbound at the cutoff (`stocking.lines.STOCK`).
        policy: what the business accepts.

    Returns:
        The contract's columns and types (`stocking.stocking_list.STOCKING_LIST`), sorted by `rank`. The order of the
        rows that came in changes nothing.
    """
    return (
        listings(lines)
        .pipe(with_economics, policy)
        .pipe(with_order_terms, policy)
        .pipe(with_target, policy)
        .pipe(with_available, checked(stock, STOCK))
        .pipe(with_recommended)
        .pipe(with_reserve, policy)
        .pipe(with_outlook)
        .pipe(with_net_demand)
        .pipe(with_order_by, policy)
        .pipe(with_notes)
        .pipe(ranked, policy)
        .pipe(published)
    )
