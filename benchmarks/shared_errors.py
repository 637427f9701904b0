"""How much of the forecasts' errors sessions, categories and products share, over a backtest.

    python benchmarks/shared_errors.py out/NAME/backtest [out/OTHER/backtest …]    # the home lies in out/NAME/home

Each outcome of a listing that did not sell out becomes the normal score of its chance under our forecast (randomised
between whole units, Czado, Gneiting and Held (2009), Biometrics 65). The mean product of the scores of two listings is
the part that they share: two of one session and different categories, two of one category in different sessions, two
sessions of one product, always of the same origin. `policy` has these as `session_share`, `category_share` and, beyond
the category's, `product_share`. Below, totals of products shown at least three times an origin, with these shares and
with none.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import ndtri

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from flows.config import load
from flows.lake import Lake
from stocking.distribution import Demand
from stocking.planning.scenarios import DRAWS, Shared, drawn

OFTEN = 3  # sessions of a product within one origin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    print("| data | listings | session | category | product | variance of the scores |\n|---|---|---|---|---|---|")
    for folder in parser.parse_args().folders:
        rows = pl.read_parquet(folder / "backtest.parquet").filter(~pl.col("censored"), predictor="challenger")
        rows = rows.join(_categories(folder), on="product_id", how="left")
        scored = rows.with_columns(z=pl.Series(_scores(rows)))
        pairs = [
            _shared(scored, ["origin", "session_id"], ["origin", "session_id", "category"]),
            _shared(scored, ["origin", "category"], ["origin", "category", "session_id"], ["origin", "product_id"]),
            _shared(scored, ["origin", "product_id"]),
        ]
        variance = scored["z"].var()
        figures = " | ".join(f"{one:.3f}" for one in (*pairs, variance))
        print(f"| {folder.parent.name} | {rows.height:,} | {figures} |\n")
        _widths(scored)


def _widths(scored: pl.DataFrame) -> None:
    """How many totals of a product over its sessions of an origin lie in their intervals, as configured and without."""
    rows = scored.with_columns(
        pl.concat_str("origin", pl.lit(" "), name).alias(name) for name in ("product_id", "session_id", "category")
    ).sort("product_id", "session_id")
    member = (rows["product_id"].rank("dense") - 1).cast(pl.Int64).to_numpy()
    often = np.bincount(member) >= OFTEN
    came = np.bincount(member, rows["demand_units"].to_numpy())[often]
    usual = load().policy
    alone = usual.model_copy(update=dict.fromkeys(("session_share", "category_share", "product_share"), 0.0))
    for name, policy in (("as configured", usual), ("nothing shared", alone)):
        total = np.zeros((len(often), DRAWS))
        for some, units in drawn(Demand.of(rows), Shared.of(rows, policy), np.arange(len(member)), member):
            np.add.at(total, member[some], units)
        below = [(came <= np.quantile(total[often], level, axis=1)).mean() for level in (0.1, 0.5, 0.9)]
        print(
            f"{name}: of {len(came):,} totals {below[0]:.3f}, {below[1]:.3f}, {below[2]:.3f} at or below p10, p50, p90"
        )


def _categories(folder: Path) -> pl.DataFrame:
    """Each product's category, from the lake beside the backtest."""
    products = Lake(folder.parent / "home").scan("products").select("product_id", "category")
    return products.sort("product_id", "category").unique("product_id", keep="first").collect()


def _scores(rows: pl.DataFrame) -> np.ndarray:
    """The normal score of each outcome's chance, evenly drawn between those of the unit below and of itself."""
    demand = Demand.of(rows)
    units = rows["demand_units"].to_numpy()
    low = np.where(units > 0, demand.cdf(units - 1.0), 0.0)
    return np.asarray(ndtri(np.random.default_rng(0).uniform(low, demand.cdf(units)).clip(0.001, 0.999)))


def _shared(rows: pl.DataFrame, group: list[str], *without: list[str]) -> float:
    """The mean product of the centred scores of two rows of a group that are not both in one of the inner groups."""
    centred = rows.with_columns(pl.col("z") - pl.col("z").mean())
    products, pairs = _pairs(centred, group)
    for inner in without:
        less, fewer = _pairs(centred, inner)
        products, pairs = products - less, pairs - fewer
    return products / pairs if pairs else float("nan")


def _pairs(rows: pl.DataFrame, group: list[str]) -> tuple[float, float]:
    """Sum of the products over all pairs of rows of a group, and how many pairs there are."""
    sums = rows.group_by(group).agg(
        products=(pl.col("z").sum() ** 2 - (pl.col("z") ** 2).sum()) / 2, pairs=pl.len() * (pl.len() - 1) / 2
    )
    products, pairs = sums.select(pl.col("products").sum(), pl.col("pairs").sum()).row(0)
    return float(products), float(pairs)


if __name__ == "__main__":
    main()
