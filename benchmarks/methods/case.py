"""One origin of a comparison of methods: rows to learn from, later ones to put right by, and those that judge."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl

from features.labels import outcomes
from features.listings import upcoming
from features.table import compute
from flows.config import load as settings
from flows.data import read_data
from flows.site import Site
from models.calibration import Tried
from models.dataset import LISTING, ROW, TRUTH, build
from models.demand import Shape, Sight, weights
from models.encoding import Encoding
from models.grid import Floats, Ints

WEEK = timedelta(days=7)
SIDES = (0.1, 0.5, 0.9)


@dataclass(eq=False)
class Case:
    """One origin: rows to learn from, later ones to stop and widen by, and those to judge."""

    old: pl.DataFrame
    between: pl.DataFrame
    ahead: pl.DataFrame
    settings: Any

    @cached_property
    def encoding(self) -> Encoding:
        return Encoding.of(self.old, [name for name in self.old.columns if name not in (*ROW, *TRUTH)])

    @cached_property
    def matrices(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Encoded rows of the three parts."""
        old, between, ahead = (self.encoding.matrix(rows) for rows in (self.old, self.between, self.ahead))
        return old, between, ahead

    @cached_property
    def units(self) -> tuple[Floats, Floats]:
        """Labelled demand of the first two parts."""
        return self.old["demand_units"].to_numpy(), self.between["demand_units"].to_numpy()

    @cached_property
    def params(self) -> dict[str, Any]:
        """Those of training."""
        own, listings = self.settings, self.old.select(LISTING).n_unique()
        return {
            "learning_rate": own.learning_rate, "feature_fraction": own.feature_share, "bagging_freq": 1,
            "num_leaves": int(np.clip(listings // own.listings_per_leaf, 8, own.leaves)), "max_bin": own.bins,
            "min_data_in_leaf": own.min_data * max(1, round(self.old.height / listings)), "verbose": -1,
            "bagging_fraction": own.row_share, "num_threads": own.threads, "seed": own.seed, "deterministic": True,
            "force_row_wise": True,
        }  # fmt: skip

    def grown(self, labels: tuple[Floats, Floats], objective: Any, **more: Any) -> tuple[Floats, Floats]:
        """Raw scores of the rows between and ahead by a booster that stopped on the rows between."""
        old, between, ahead = self.matrices
        told = {"categorical_feature": list(self.encoding.categories), "params": self.params}
        train = lightgbm.Dataset(old, labels[0], weight=weights(self.old, self.settings), **told)
        later = lightgbm.Dataset(between, labels[1], weight=weights(self.between, self.settings), reference=train)
        stop = lightgbm.early_stopping(self.settings.patience, verbose=False)
        params = {**self.params, "objective": objective, **more}
        made = lightgbm.train(params, train, self.settings.rounds, valid_sets=[later], callbacks=[stop])
        raw = [np.asarray(made.predict(rows, raw_score=True)) for rows in (between, ahead)]
        return raw[0], raw[1]

    @property
    def stretches(self) -> Ints:
        """The week of each row between, counted back from the last."""
        back = (self.between["scheduled_at"].max() - self.between["scheduled_at"]).dt.total_days()
        return np.asarray(back.to_numpy() // 7, dtype=np.int64)

    def tried(self, sight: Sight) -> Tried:
        """The rows between with what was seen of them."""
        return Tried(sight, self.between, self.stretches, weights(self.between, self.settings))

    def both(self, scale: Callable[[Floats], Floats], level: float) -> tuple[Floats, Floats]:
        """A quantile booster on some scale."""
        old, between = self.units
        return self.grown((scale(old), scale(between)), "quantile", alpha=level)

    @cached_property
    def expected(self) -> tuple[Floats, Floats]:
        """Units expected by a Tweedie booster."""
        raw = self.grown(self.units, "tweedie", tweedie_variance_power=1.5)
        return np.exp(raw[0]), np.exp(raw[1])

    @cached_property
    def shapes(self) -> list[Shape]:
        """Of three quantile boosters on the scale of square roots, between and ahead."""
        return _shapes([self.both(np.sqrt, level) for level in SIDES])


def _shapes(grown: list[tuple[Floats, Floats]]) -> list[Shape]:
    made = []
    for place in range(2):
        low, middle, high = np.maximum(np.sort(np.stack([one[place] for one in grown]), axis=0), 0.0)
        made.append(Shape(middle, np.maximum(middle - low, 0.05), np.maximum(high - middle, 0.05)))
    return made


def arguments(about: str | None) -> argparse.Namespace:
    """What a comparison is asked for at a terminal."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--config", type=Path, action="append", default=[])
    parser.add_argument("--as-of", type=datetime.fromisoformat, required=True, help="the end of the last judged week")
    parser.add_argument("--origins", type=int, default=3)
    parser.add_argument("--truth", type=Path, help="Parquet of session_id, product_id and demand")
    return parser.parse_args()


def cases(asked: argparse.Namespace) -> Iterator[tuple[Case, Floats]]:
    """Each origin with the demand of its listings ahead; NaN where nobody knows it. Prints what it consists of."""
    config = settings(tuple(asked.config))
    sensing = config.sensing()
    tables = read_data(Site(home=asked.home, config=tuple(asked.config))).tables
    if asked.truth:
        truth = pl.read_parquet(asked.truth).select(*LISTING, seen=pl.col("demand").cast(pl.Float64))
    else:
        finished = outcomes(tables, asked.as_of, sensing).filter(~pl.col("censored"))
        truth = finished.select(*LISTING, seen="demand_units")
    for number in range(asked.origins, 0, -1):
        origin = asked.as_of - number * WEEK
        begin = origin - 2 * WEEK
        rows = build(tables, origin, sensing, config.models).rows
        old, between = rows.filter(pl.col("over_known") < begin), rows.filter(pl.col("cutoff") >= begin)
        ahead = compute(tables, upcoming(tables, origin, WEEK).select(ROW), sensing)
        seen = ahead.join(truth, on=LISTING, how="left", maintain_order="left")["seen"]
        print(f"{origin:%Y-%m-%d}: {old.height:,} and {between.height:,} rows, {seen.count():,} judged", flush=True)
        yield Case(old, between, ahead, config.models), seen.to_numpy().astype(np.float64)
