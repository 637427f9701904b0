"""What the units of a listing came to, once its demand is known: each listing by itself.

With q units had, r reserved and demand D, of whom a share w waits where goods run out:

    met    = min(D, q)
    made   = min(r, w·(D - met))
    left   = q - met
    profit = (m - c)·(met + made) - (c - s)·left - f·c·r

m, c and s as in `stocking.economics`, f the fee for a unit reserved, as a share of its cost. Without a reserve it is
what `stocking.profit` and a backtest reckon. What is left fetches its salvage here, though a later session may sell it.
"""

import polars as pl

DEMAND, MET, MADE, LEFT = pl.col("demand_units"), pl.col("met_units"), pl.col("made_units"), pl.col("left_units")
MARGIN = pl.col("net_revenue") - pl.col("cost")


def came_to(lines: pl.DataFrame, wait_share: float) -> pl.DataFrame:
    """The lines with what their units came to.

    Args:
        lines: `had_units`, `available_units`, `recommended_units`, `reserve_units` and `had_reserve_units` (of what was
            had), `demand_units`, `net_revenue`, `cost`, `salvage` and `reserve_fee` (money per unit).
        wait_share: of the buyers without goods, who wait until they are made.

    Returns:
        The lines with `met_units`, `made_units`, `left_units` and `profit` of the units had, `recommended_profit` of
        those recommended, and `oracle_profit` of exactly as many as were wanted.

    >>> one = {"had_units": [8], "available_units": [2], "recommended_units": [10], "reserve_units": [0],
    ...        "had_reserve_units": [2], "demand_units": [10.0], "net_revenue": [10.0], "cost": [4.0],
    ...        "salvage": [1.0], "reserve_fee": [0.5]}
    >>> came_to(pl.DataFrame(one), 0.5).select("met_units", "made_units", "left_units", "profit").row(0)
    (8.0, 1.0, 0.0, 53.0)
    >>> came_to(pl.DataFrame(one), 0.5).select("recommended_profit", "oracle_profit").row(0)
    (54.0, 60.0)
    """
    recommended = pl.col("available_units") + pl.col("recommended_units")
    return (
        lines.with_columns(recommended_profit=_profit(recommended, pl.col("reserve_units"), wait_share))
        .with_columns(met_units=_met(pl.col("had_units")))
        .with_columns(
            made_units=_made(pl.col("had_units"), pl.col("had_reserve_units"), wait_share),
            left_units=pl.col("had_units") - MET,
            profit=_profit(pl.col("had_units"), pl.col("had_reserve_units"), wait_share),
            oracle_profit=(MARGIN * DEMAND).clip(lower_bound=0.0),
        )
    )


def _met(units: pl.Expr) -> pl.Expr:
    return pl.min_horizontal(DEMAND, units.cast(pl.Float64))


def _made(units: pl.Expr, reserved: pl.Expr, wait_share: float) -> pl.Expr:
    return pl.min_horizontal(reserved.cast(pl.Float64), wait_share * (DEMAND - _met(units)))


def _profit(units: pl.Expr, reserved: pl.Expr, wait_share: float) -> pl.Expr:
    sold = _met(units) + _made(units, reserved, wait_share)
    left = units - _met(units)
    return MARGIN * sold - (pl.col("cost") - pl.col("salvage")) * left - pl.col("reserve_fee") * reserved
