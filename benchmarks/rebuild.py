r"""How well demand of sold-out listings is rebuilt, where the truth is known or can be hidden.

    python benchmarks/rebuild.py --world ../shared/data/dev_world
    python benchmarks/rebuild.py --landing out/main-job/fresh_retail/landing \
        --config configs/sources/fresh_retail/config.yaml

Of a world it prints, for the listings that sold out before its cut: sales taken for demand, the arrival curve alone,
and what `features.rebuild` decides, each as bias and WAPE against the true demand.

Of a real landing zone nobody knows what sold-out listings could have sold. So one in ten of those that did not run out
is made to: at a time of its session at which others ran out that day or another, drawn at random, its later orders are
taken away. The same is printed against the sales that it really had.
"""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.contracts import TABLES
from features.episodes import spans
from features.labels import known_by, outcomes
from features.landing import load
from features.outages import LISTING, outages
from flows.config import load as settings

HIDDEN = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--world", type=Path, help="folder with landing/, truth.parquet and as_of.txt")
    where.add_argument("--landing", type=Path, help="landing zone of something real, with sell-outs")
    parser.add_argument("--config", type=Path, action="append", default=[])
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    if asked.world:
        _world(asked.world)
    else:
        _hidden(load(asked.landing), tuple(asked.config), asked.seed)


def _world(world: Path) -> None:
    tables = load(world / "landing")
    as_of = datetime.fromisoformat((world / "as_of.txt").read_text().strip())
    truth = pl.read_parquet(world / "truth.parquet")
    without_carts = {**tables, "events": tables["events"].filter(pl.col("kind") != "add_to_cart")}
    rebuilt = _sold_out(tables, as_of, truth)
    _tell("sales taken for demand", rebuilt, "sales_units")
    _tell("arrival curve alone", _sold_out(without_carts, as_of, truth), "demand_units")
    _tell("as the labels have it", rebuilt, "demand_units")


def _hidden(tables: Mapping[str, pl.DataFrame], config: tuple[Path, ...], seed: int) -> None:
    sensing = settings(config).sensing()
    as_of = tables["orders"].select(pl.col("ts").max() + timedelta(days=1)).item()
    cut = known_by(tables, as_of)
    lengths = spans(cut, sensing.features.default_session_minutes)
    whole = outcomes(tables, as_of, sensing).filter(~pl.col("censored"), pl.col("sales_units") > 0)
    chosen = whole.select(*LISTING, demand="sales_units").sample(fraction=HIDDEN, seed=seed)
    ran_out = outages(cut).join(lengths, on="session_id").select(pl.col("from_ts") - pl.col("begins"))["from_ts"]
    drawn = ran_out.sample(chosen.height, with_replacement=True, seed=seed)
    ends = chosen.join(lengths, on="session_id", maintain_order="left").with_columns(out=pl.col("begins") + drawn)
    words = ends.select(*LISTING, event_id=pl.format("hidden {} {}", *LISTING), kind=pl.lit("sold_out"), ts="out")
    events = pl.concat([tables["events"], words], how="diagonal").select(list(TABLES["events"].columns))
    kept = tables["orders"].join(ends.select(*LISTING, "out"), on=LISTING, how="left")
    orders = kept.filter((pl.col("ts") < pl.col("out")).fill_null(value=True)).drop("out")
    found = outcomes({**tables, "events": events, "orders": orders}, as_of, sensing).join(chosen, on=LISTING)
    lost = 1 - found["sales_units"].sum() / found["demand"].sum()
    print(f"{found.height:,} listings that did not run out were made to; {lost:.0%} of their sales were hidden")
    _tell("sales taken for demand", found, "sales_units")
    _tell("as the labels have it", found, "demand_units")


def _sold_out(tables: Mapping[str, pl.DataFrame], as_of: datetime, truth: pl.DataFrame) -> pl.DataFrame:
    found = outcomes(tables, as_of, settings().sensing())
    return found.filter("censored").join(truth, on=["session_id", "product_id"])


def _tell(name: str, rows: pl.DataFrame, column: str) -> None:
    true, said = rows["demand"].sum(), rows[column].sum()
    error = rows.select((pl.col(column) - pl.col("demand")).abs().sum()).item()
    print(f"{name:24} {rows.height} listings: bias {said / true - 1:+.1%}, WAPE {error / true:.3f}")


if __name__ == "__main__":
    main()
