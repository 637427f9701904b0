"""Pictures of the demand forecast: whether its widths hold, and where it errs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.grid import LEVELS, QUANTILES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAIN, REST = "#0b5394", "#d98c5f"
MOST_SEGMENTS = 8
TIMES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16)


def coverage(judged: pl.DataFrame) -> "Figure":
    """What share of outcomes lay at or below each quantile; demand is whole units, so ties span a stretch.

    Args:
        judged: the quantiles and `demand_units` of listings that did not sell out.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 5.5), layout="constrained")
    axes = figure.subplots()
    below = judged.select((pl.col("demand_units") < pl.col(name)).mean().alias(name) for name in QUANTILES).row(0)
    upto = judged.select((pl.col("demand_units") <= pl.col(name)).mean().alias(name) for name in QUANTILES).row(0)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="as promised")
    axes.vlines(LEVELS, below, upto, color=MAIN, linewidth=5, alpha=0.35, label="outcomes equal to it")
    axes.plot(LEVELS, upto, marker="o", color=MAIN, label="outcomes at or below it")
    low, high = QUANTILES[LEVELS.index(0.10)], QUANTILES[LEVELS.index(0.90)]
    inside = judged.select(pl.col("demand_units").is_between(pl.col(low), pl.col(high)).mean()).item()
    axes.set(xlabel="level of the quantile", ylabel="share of outcomes", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(
        f"Are the widths right?\n{100 * inside:.0f}% of outcomes lay from the 10% to the 90% quantile, 80% should"
    )
    axes.legend(loc="upper left")
    return figure


def residuals(judged: pl.DataFrame) -> "Figure":
    """How outcomes compare with the forecast median, from the smallest tenth of forecasts to the largest.

    Args:
        judged: `demand_p50` and `demand_units` of listings that did not sell out.
    """
    from matplotlib.figure import Figure

    rows = judged.sort("demand_p50", "session_id", "product_id", "cutoff").with_row_index("row")
    rows = rows.with_columns(
        tenth=pl.col("row") * 10 // pl.len(), times=(pl.col("demand_units") + 1) / (pl.col("demand_p50") + 1)
    )
    tenths = rows.partition_by("tenth", maintain_order=True)
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.subplots()
    boxes = [
        {"whislo": low, "q1": under, "med": middle, "q3": over, "whishi": high}
        for low, under, middle, over, high in (_spread(one["times"]) for one in tenths)
    ]
    axes.bxp(boxes, showfliers=False, patch_artist=True, boxprops={"facecolor": "#cfe2f3"})
    axes.axhline(1, linestyle=":", color="grey")
    axes.set_yscale("log", base=2)
    ends = [box["whislo"] for box in boxes] + [box["whishi"] for box in boxes]
    axes.set_yticks(TIMES, [_times(one) for one in TIMES])
    axes.set_ylim(min(ends) / 1.5, max(ends) * 1.5)
    axes.set_xticks(range(1, len(tenths) + 1), [_range(one["demand_p50"]) for one in tenths], fontsize=8)
    axes.set(xlabel="forecast median in units, a tenth of the listings each", ylabel="outcome + 1 over forecast + 1")
    axes.set_title("Outcomes beside forecasts, by size of the forecast\nbox: middle half, whiskers: middle 80%")
    return figure


def segments(judged: pl.DataFrame) -> "Figure":
    """The error of the median and its bias, by kind of listing.

    Args:
        judged: `demand_p50`, `demand_units`, `is_new_product` and, where they are known, `department` and `price` of
            listings that did not sell out.
    """
    from matplotlib.figure import Figure

    parts = {name: errors(judged, key, "price" if name == "price" else "rows") for name, key in keys(judged).items()}
    heights = [max(part.height, 1) for part in parts.values()]
    figure = Figure(figsize=(8, 1.6 + 0.34 * sum(heights) + 0.3 * len(parts)), layout="constrained")
    every = figure.subplots(len(parts), 1, height_ratios=heights, sharex=True, squeeze=False)[:, 0]
    for axes, (name, part) in zip(every, parts.items(), strict=True):
        _bars(axes, part, name)
    every[0].set_title("Where the median errs: by kind of listing (number of forecasts)")
    figure.legend(*every[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    every[-1].set_xlabel("share of the units that were wanted")
    return figure


def keys(judged: pl.DataFrame) -> Mapping[str, pl.Expr]:
    """By what listings are told apart, as far as it is known: text expressions."""
    known = pl.when("is_new_product").then(pl.lit("new product")).otherwise(pl.lit("shown before"))
    found = {"history": known}
    if "department" in judged.columns:
        found["department"] = pl.col("department").fill_null("unknown")
    if "price" in judged.columns and judged["price"].n_unique() > 1:
        edges = sorted({float(judged["price"].quantile(share) or 0) for share in (0.25, 0.5, 0.75)})
        bands = (pl.when(pl.col("price") <= edge).then(pl.lit(f"up to {edge:.4g}")) for edge in edges)
        over = pl.when(pl.col("price") > edges[-1]).then(pl.lit(f"over {edges[-1]:.4g}"))
        found["price"] = pl.coalesce(*bands, over, pl.lit("unknown"))
    return found


def errors(judged: pl.DataFrame, key: pl.Expr, order: str) -> pl.DataFrame:
    """One row a kind, the most frequent ones: `kind`, `rows`, `wape` and `bias` of the median.

    Args:
        judged: as `segments` reads it.
        key: by what listings are told apart.
        order: "rows" for the most frequent kind first, "price" for the cheapest.
    """
    off = pl.col("demand_p50") - pl.col("demand_units")
    units = pl.col("demand_units").sum().clip(lower_bound=1)
    price = pl.col("price").min() if "price" in judged.columns else pl.lit(0.0)
    return (
        judged.group_by(key.alias("kind"))
        .agg(
            pl.len().alias("rows"),
            (off.abs().sum() / units).alias("wape"),
            (off.sum() / units).alias("bias"),
            price.alias("price"),
        )
        .sort(order, "kind", descending=[order == "rows", False])
        .head(MOST_SEGMENTS)
    )


def _bars(axes: "Axes", part: pl.DataFrame, name: str) -> None:
    shown = part.reverse()
    labels = [f"{kind[:28]} ({rows:,})" for kind, rows in shown.select("kind", "rows").iter_rows()]
    axes.barh(labels, shown["wape"], color=MAIN, alpha=0.6, label="units wrong")
    axes.plot(shown["bias"], labels, "D", color=REST, markersize=6, label="units too many (right) or too few (left)")
    axes.axvline(0, color="grey", linewidth=1)
    axes.set_ylabel(name)
    axes.tick_params(axis="y", labelsize=8)


def _spread(times: pl.Series) -> tuple[float, ...]:
    return tuple(float(value) for value in np.quantile(times.to_numpy(), (0.1, 0.25, 0.5, 0.75, 0.9)))


def _range(median: pl.Series) -> str:
    low, high = np.quantile(median.to_numpy(), (0, 1))
    return f"{low:.0f}-{high:.0f}"


def _times(value: float) -> str:
    if value == 1:
        return "as forecast"
    return f"{value:g} times" if value > 1 else f"1/{1 / value:g}"
