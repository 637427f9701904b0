"""Sessions drawn from a known law: demand is lognormal around the plan, and comes by 1 - exp(-minutes / 20)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.dataset import LISTING
from models.grid import LEVELS, column
from models.nowcast.nowcaster import Nowcaster, learnt
from models.nowcast.view import WAS, view
from models.settings import ModelSettings

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
MINUTES = (None, 1.0, 5.0, 30.0)
SPREAD, BAR, PER_SESSION = 0.8, 60.0, 5
# Steps of the normal distribution at LEVELS.
NORMAL = np.array([-1.6449, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.6449, 2.0537])


@pytest.fixture(scope="session")
def seen() -> Callable[..., pl.DataFrame]:
    """Lessons of so many sessions, five listings each, as `models.nowcast.lessons.lessons` gives them."""
    return _seen


@pytest.fixture(scope="session")
def rows() -> pl.DataFrame:
    return _seen(120)


@pytest.fixture(scope="session")
def nowcaster(rows: pl.DataFrame, settings: ModelSettings) -> Nowcaster:
    found = learnt(rows, settings)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def moment() -> Callable[..., pl.DataFrame]:
    """Lessons checked by hand: rows of values over those of one unremarkable listing."""

    def build(*changes: dict[str, object]) -> pl.DataFrame:
        usual = _seen(1).filter(pl.col("listing_minutes_open") == 5.0).head(1)
        named = [{"product_id": f"p{number}"} | one for number, one in enumerate(changes)]
        return pl.concat(usual.with_columns(_values(usual, one)) for one in named)

    return build


def _values(usual: pl.DataFrame, changes: dict[str, object]) -> list[pl.Series]:
    return [pl.Series(name, [value], usual.schema[name]) for name, value in changes.items()]


def _seen(sessions: int, seed: int = 0) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    listings = sessions * PER_SESSION
    planned = np.exp(draw.normal(3.0, 0.6, listings))
    demand = np.floor(planned * np.exp(SPREAD * draw.normal(size=listings)))
    capped = draw.random(listings) < 0.1
    sales = np.where(capped, np.ceil(0.7 * demand), demand)
    begun = [NOON + timedelta(days=number // PER_SESSION) for number in range(listings)]
    plan = pl.DataFrame(
        {
            "session_id": [f"s{number // PER_SESSION}" for number in range(listings)],
            "product_id": [f"p{number % PER_SESSION}" for number in range(listings)],
            "hit_bar_units": np.full(listings, BAR),
            "p_hit": np.full(listings, 0.1),
            "demand_mean": planned,
            **{column(level): planned * np.exp(SPREAD * NORMAL[place]) for place, level in enumerate(LEVELS)},
            "return_rate": np.full(listings, 0.1),
            "scheduled_at": pl.Series(begun, dtype=INSTANT),
            "sales_units": sales.astype(np.int64),
            "demand_units": demand,
            "censored": capped & (sales < demand),
            "available_share": np.where(capped & (sales < demand), 0.7, 1.0),
            "hit": demand > BAR,
        }
    )
    told = pl.concat(_after(plan, minute, draw) for minute in MINUTES).sort("session_id", "cutoff", "product_id")
    truth = ("scheduled_at", "sales_units", "demand_units", "censored", "available_share", "hit")
    was = {own: pl.col(name) for name, own in WAS.items()}
    return view(told, plan).join(plan.select(*LISTING, *truth, **was), on=LISTING, maintain_order="left")


def _after(plan: pl.DataFrame, minute: float | None, draw: np.random.Generator) -> pl.DataFrame:
    """Features so many minutes after opening; listings open when their session begins, or three minutes later."""
    come = 1 - np.exp(-(minute or 0.0) / 20)
    units = draw.binomial(plan["sales_units"].to_numpy(), come)
    carts = units + draw.binomial(plan["demand_units"].cast(pl.Int64).to_numpy(), come / 2)
    clicks = carts + draw.poisson(5 * come * plan["demand_units"].to_numpy())
    numbers = {
        "listing_minutes_open": np.full(plan.height, np.nan if minute is None else minute),
        "session_minutes_left": np.full(plan.height, 119.0 - (minute or 0.0)),
        "price": draw.uniform(5, 50, plan.height),
        "listing_carts_out": np.zeros(plan.height),
        "listing_units_ever": units, "listing_units_5m": units, "listing_units_1m": units // 3,
        "listing_carts_ever": carts, "listing_carts_5m": carts // 2,
        "listing_clicks_ever": clicks, "listing_clicks_5m": clicks // 2,
    }  # fmt: skip
    cutoff = pl.col("scheduled_at") + timedelta(minutes=1 if minute is None else 3 + minute)
    return plan.select(*LISTING, cutoff=cutoff).with_columns(
        pl.Series(name, column, pl.Float32, strict=False, nan_to_null=True) for name, column in numbers.items()
    )
