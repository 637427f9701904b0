"""What to expect of the units decided on."""

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.units import Money, numbers


def with_outlook(lines: pl.DataFrame) -> pl.DataFrame:
    """What to expect of available plus recommended units: `expected_profit`, `fill_rate`, `leftover_units`.

    Also `lost_profit`, what not ordering would cost (0 where ordering costs), `leftover_chance`, how likely something
    stays unsold, `expected_sales_units` and `expected_returned_units`. Every unit counts at unit cost, those already
    there too; a unit left over counts at salvage. What is reserved is left out. Fill rate is E[min(D, q)] / E[D], and 1
    where no demand is expected.
    """
    demand, money = Demand.of(lines), Money.of(lines)
    units = numbers(lines, "available_units") + numbers(lines, "recommended_units")
    sold, mean = demand.expected_sales(units), demand.mean
    profit = money.expected_profit(demand, units)
    lost = profit - money.expected_profit(demand, numbers(lines, "available_units"))
    filled = np.where(mean > 0.0, sold / np.where(mean > 0.0, mean, 1.0), 1.0)
    return lines.with_columns(
        expected_profit=_published(profit),
        fill_rate=_published(filled.clip(0.0, 1.0)),
        leftover_units=_published(demand.expected_leftover(units)),
        lost_profit=_published(lost.clip(min=0.0)),
        leftover_chance=_published(np.where(units > 0.0, demand.cdf((units - 1.0).clip(min=0.0)), 0.0).clip(0.0, 1.0)),
        expected_sales_units=_published(sold),
        expected_returned_units=_published(sold * lines["returned_share"].to_numpy()),
    )


def _published(values: Numbers) -> pl.Series:
    """Rounded as money is, without negative zero, so that ties and bytes do not hang on the last bit."""
    return pl.Series(values.round(4) + 0.0)
