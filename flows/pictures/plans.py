"""The picture of plans under different budgets: what money brings, and what waiting brings beside it."""

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"none": "#7f7f7f", "beyond goods": "#0b5394", "instead of goods": "#c0504d"}


def profit_by_budget(table: pl.DataFrame, currency: str) -> "Figure":
    """Expected profit against the money that is spent, a line for each way to reserve and each service level.

    Args:
        table: `stocking.alternatives.ALTERNATIVES`.
        currency: of all money.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    feasible = table.filter(pl.col("infeasible").is_null()).with_columns(paid=pl.col("spend") + pl.col("fees"))
    for rows in feasible.slice(1).sort("paid").partition_by("reserve", "service", maintain_order=True):
        way, service = rows.select("reserve", "service").row(0)
        label = f"reserve: {way}" + (f", service {service:.0%}" if service > 0.0 else "")
        line = "--" if service > 0.0 else "-"
        axes.plot(rows["paid"], rows["profit"], label=label, marker="o", linestyle=line, color=COLOURS[way])
    here = feasible.filter(pl.col("plan") == "as configured")
    axes.scatter(here["paid"], here["profit"], marker="*", s=180, color="black", zorder=3, label="as configured")
    axes.set(xlabel=f"spent on goods and reserve fees, {currency}", ylabel=f"expected profit, {currency}")
    axes.set_title("What money brings")
    axes.ticklabel_format(style="plain", useOffset=False)
    axes.grid(alpha=0.25)
    axes.legend(loc="best", fontsize=8)
    return figure
