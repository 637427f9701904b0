import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before LightGBM is imported: spinning threads starve each other

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.dataset import Dataset
from models.nowcast.settings import Nowcasting
from models.settings import ModelSettings

AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(scope="session")
def settings() -> ModelSettings:
    return ModelSettings(
        horizon_days=7, dense_rows=1, max_rows=100_000, min_rows=200, prior_units=5, prior_rows=10,
        folds=2, later_share=0.4, rounds=40, patience=5, learning_rate=0.2, leaves=15, listings_per_leaf=50,
        min_data=10, feature_share=0.8, row_share=0.8, bins=63, threads=1, seed=1, rebuilt_trust=0.5,
        least_weight=0.05, group_rows=200, return_prior_units=10, plain_rounds=10, top=10,
        nowcast=Nowcasting(
            minutes=(1, 5, 30), min_listings=50, max_rows=20_000, later_share=0.3, ridge=3.0, rounds=40,
            learning_rate=0.1, leaves=8, min_data=20, group_rows=50, neighbours=20,
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Dataset]:
    return _dataset


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return _dataset(2_000)


def _dataset(listings: int, weeks: int = 20, seed: int = 0, spread: float = 0.5) -> Dataset:
    """Listings whose demand is lognormal around a size that a feature tells, some of them sold out."""
    draw = np.random.default_rng(seed)
    week = np.sort(draw.integers(1, weeks + 1, listings))[::-1]
    size = draw.normal(2.5, 0.8, listings)
    demand = np.floor(np.exp(size + spread * draw.normal(size=listings)))
    cap = np.where(draw.random(listings) < 0.1, np.ceil(demand * 0.6), np.inf)
    censored = demand > cap
    cutoff = [AS_OF - WEEK * int(back) for back in week]
    hours = draw.integers(6, 6 * 24, listings)
    scheduled = [begin + timedelta(hours=int(hour)) for begin, hour in zip(cutoff, hours, strict=True)]
    instant = pl.Datetime("us", "UTC")
    rows = pl.DataFrame(
        {
            "session_id": [f"s{int(back)}-{int(hour)}" for back, hour in zip(week, hours, strict=True)],
            "product_id": [f"p{number}" for number in range(listings)],
            "cutoff": pl.Series(cutoff, dtype=instant),
            "scheduled_at": pl.Series(scheduled, dtype=instant),
            "over_known": pl.Series([begin + timedelta(hours=3) for begin in scheduled], dtype=instant),
            "is_new_product": pl.Series([False] * listings, dtype=pl.Boolean),
            "sales_units": np.minimum(demand, cap).astype(np.int64),
            "demand_units": demand,
            "censored": censored,
            "available_share": np.where(censored, 0.6, 1.0),
            "returned_units": draw.binomial(np.minimum(demand, cap).astype(np.int64), 0.2),
            "return_matured": pl.Series([True] * listings, dtype=pl.Boolean),
            "hit_bar_units": np.full(listings, 30.0),
            "hit": demand > 30,
            "units_last": np.exp(size + 0.2 * draw.normal(size=listings)).astype(np.float32),
            "price": draw.uniform(5, 50, listings).astype(np.float32),
            "product_showings": draw.integers(0, 4, listings).astype(np.float32),
            "category": np.where(size > 2.5, "big", "small"),
        }
    )
    return Dataset(rows, AS_OF, WEEK)
