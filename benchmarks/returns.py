"""How well returns and net demand are foretold, on a world whose truth is known.

    python benchmarks/returns.py --world ../shared/data/dev_world --origins 6

At each origin, a week apart, everything is learnt anew from what was known before it; the listings of the week ahead
are judged by the true share of each that comes back, weighted by the units that it sold. Prints per way of telling the
mean absolute error and the log-loss over all origins, and at how many origins its log-loss is below that of the usual
shares; then how often true net demand (the true demand, of which units come back by chance) lies from p10 to p90.
"""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.contracts import Tables
from features.landing import load
from features.listings import upcoming
from features.table import compute
from flows.config import load as settings
from models.dataset import LISTING, ROW, build
from models.grid import Floats
from models.returning import log_odds
from models.train import fit
from stocking.net_demand import with_net_demand

RATES = ("all products' mean", "category's mean", "usual share", "booster alone", "forecast")
SIMULATED, PLAIN = "by simulation", "gross quantiles times (1 - rate)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=Path, required=True, help="folder with landing/, truth.parquet and as_of.txt")
    parser.add_argument("--origins", type=int, default=6)
    arguments = parser.parse_args()
    tables, world = load(arguments.world / "landing"), arguments.world
    truth = pl.read_parquet(world / "truth.parquet")
    last = datetime.fromisoformat((world / "as_of.txt").read_text().strip())
    told = [_told(tables, last - timedelta(days=7) * back, truth) for back in reversed(range(arguments.origins))]
    _tell_rates(told)
    _tell_net(pl.concat(told))


def _told(tables: Tables, cutoff: datetime, truth: pl.DataFrame) -> pl.DataFrame:
    """The listings ahead with their truth, every way's rate, and their gross and net demand."""
    known = settings()
    dataset = build(tables, cutoff, known.sensing(), known.models)
    features = compute(tables, upcoming(tables, cutoff, dataset.horizon).select(ROW), known.sensing())
    predictor = fit(dataset, known.models, known.labels.hit_share)
    forecast, returns = predictor.forecast(features), predictor.returns
    usual, overall = returns.shares.rate(features), pl.lit(returns.shares.overall)
    kin = features["category_return_share"].cast(pl.Float64)
    alone = usual
    if returns.learnt:
        said = returns.learnt.booster.raw(returns.learnt.encoding.matrix(features), known.models.threads)
        alone = pl.Series(1 / (1 + np.exp(-said)))
    ways = (overall, kin.fill_null(returns.shares.overall), usual, alone, forecast["return_rate"])
    print(
        f"{cutoff:%Y-%m-%d}: {dataset.listings} listings, {'a booster' if returns.learnt else 'no booster'}", flush=True
    )
    return (
        forecast.with_columns(returned_share="return_rate", return_concentration=pl.lit(returns.close))
        .pipe(with_net_demand)
        .drop("return_rate")
        .with_columns(way.alias(name) for name, way in zip(RATES, ways, strict=True))
        .join(truth.select(*LISTING, "demand", "sold", "return_rate"), on=LISTING, maintain_order="left")
    )


def _tell_rates(told: list[pl.DataFrame]) -> None:
    losses = {name: np.array([_loss(rows, name) for rows in told]) for name in RATES}
    errors = {name: np.mean([_error(rows, name) for rows in told]) for name in RATES}
    for name in RATES:
        better = int((losses[name] < losses["usual share"]).sum())
        print(
            f"{name:24} MAE {errors[name]:.4f}, log-loss {losses[name].mean():.4f}, better at {better} of {len(told)}"
        )


def _loss(rows: pl.DataFrame, name: str) -> float:
    odds, true = log_odds(rows[name].to_numpy()), rows["return_rate"].to_numpy()
    return _mean(rows, np.logaddexp(0.0, odds) - true * odds)


def _error(rows: pl.DataFrame, name: str) -> float:
    return _mean(rows, np.abs(rows[name].to_numpy() - rows["return_rate"].to_numpy()))


def _mean(rows: pl.DataFrame, each: Floats) -> float:
    return float(np.average(each, weights=rows["sold"].to_numpy()))


def _tell_net(rows: pl.DataFrame) -> None:
    demand = rows["demand"].round().cast(pl.Int64).to_numpy()
    kept = demand - np.random.default_rng(0).binomial(demand, rows["return_rate"].to_numpy())
    left = 1.0 - rows["forecast"].to_numpy()
    levels = ("p10", "p50", "p90")
    simulated = {level: rows[f"net_demand_{level}"].to_numpy() for level in levels}
    plain = {level: rows[f"demand_{level}"].to_numpy() * left for level in levels}
    gross = {level: rows[f"demand_{level}"].to_numpy() for level in levels}
    for name, quantiles, true in (("gross demand", gross, demand), (SIMULATED, simulated, kept), (PLAIN, plain, kept)):
        print(f"{name:34} {_held(quantiles, true)}")


def _held(quantiles: Mapping[str, Floats], true: Floats) -> str:
    inside = (true >= quantiles["p10"]) & (true <= quantiles["p90"])
    wape = np.abs(true - quantiles["p50"]).sum() / true.sum()
    return f"{inside.mean():.3f} from p10 to p90, WAPE of p50 {wape:.3f}"


if __name__ == "__main__":
    main()
