"""What one unit of a listing costs, earns and fetches: price, cost, returns and salvage as money per unit.

A buyer pays the price p. With probability r the unit comes back: the price is refunded, handling costs h·p, and the
unit is left over after the session like any other, worth its salvage value s. So one unit sold earns

    m = (1 - r)·p + r·(s - h·p)

and one unit stocked costs c. Salvage counts at most at unit cost, since goods that pay without being sold would be
worth stocking without end.
"""

import polars as pl

from stocking.policy import Policy

GIVEN_COST = pl.col("unit_cost")
GIVEN_SALVAGE = pl.col("salvage_value")
NET_REVENUE = (1 - pl.col("returned_share")) * pl.col("price") + pl.col("returned_share") * (
    pl.col("salvage") - pl.col("return_handling")
)


def with_economics(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Each listing with its cost, salvage and net revenue per unit, defaults filled in and flagged.

    Adds `cost`, `salvage`, `returned_share`, `return_handling`, `net_revenue` (money or share per unit) and the flags
    `cost_is_default`, `salvage_is_default`, `salvage_is_cut`, `return_rate_is_default`.

    >>> lines = pl.DataFrame({"price": [10.0], "unit_cost": [4.0], "salvage_value": [1.0], "return_rate": [0.25]})
    >>> with_economics(lines, Policy.model_construct(
    ...     default_cost_share=0.5, default_salvage_share=0.2, default_return_rate=0.0, return_handling_share=0.1,
    ... ))["net_revenue"].to_list()
    [7.5]
    """
    price = pl.col("price")
    salvage = GIVEN_SALVAGE.fill_null(policy.default_salvage_share * price)
    return (
        lines
        .with_columns(
            cost=GIVEN_COST.fill_null(policy.default_cost_share * price),
            returned_share=pl.col("return_rate").fill_null(policy.default_return_rate),
            return_handling=policy.return_handling_share * price,
            cost_is_default=GIVEN_COST.is_null(),
            salvage_is_default=GIVEN_SALVAGE.is_null(),
            return_rate_is_default=pl.col("return_rate").is_null(),
        )
        .with_columns(
            salvage=pl.min_horizontal(salvage, "cost"),
            salvage_is_cut=(pl.col("cost") < GIVEN_SALVAGE).fill_null(value=False),
        )
        .with_columns(net_revenue=NET_REVENUE)
    )  # fmt: skip
