"""How well demand of sold-out listings is rebuilt, on a world whose truth is known.

    python benchmarks/rebuild.py --world ../shared/data/dev_world

Prints, for the listings that sold out before the world's cut: sales taken for demand, the arrival curve alone, and what
`features.rebuild` decides, each as bias and WAPE against the true demand.
"""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.labels import outcomes
from features.landing import load
from flows.config import load as settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=Path, required=True, help="folder with landing/, truth.parquet and as_of.txt")
    world = parser.parse_args().world
    tables = load(world / "landing")
    as_of = datetime.fromisoformat((world / "as_of.txt").read_text().strip())
    truth = pl.read_parquet(world / "truth.parquet")
    without_carts = {**tables, "events": tables["events"].filter(pl.col("kind") != "add_to_cart")}
    rebuilt = _sold_out(tables, as_of, truth)
    _tell("sales taken for demand", rebuilt, "sales_units")
    _tell("arrival curve alone", _sold_out(without_carts, as_of, truth), "demand_units")
    _tell("as the labels have it", rebuilt, "demand_units")


def _sold_out(tables: Mapping[str, pl.DataFrame], as_of: datetime, truth: pl.DataFrame) -> pl.DataFrame:
    found = outcomes(tables, as_of, settings().sensing())
    return found.filter("censored").join(truth, on=["session_id", "product_id"])


def _tell(name: str, rows: pl.DataFrame, column: str) -> None:
    true, said = rows["demand"].sum(), rows[column].sum()
    error = rows.select((pl.col(column) - pl.col("demand")).abs().sum()).item()
    print(f"{name:24} {rows.height} listings: bias {said / true - 1:+.1%}, WAPE {error / true:.3f}")


if __name__ == "__main__":
    main()
