"""Shares of sold units that came back: a product's own drawn to wider ones, and how far listings stray from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.dataset import LISTING
from models.grid import Floats

# Features that hold what was known of returns at the cutoff.
OWN, KIN, SOLD = "product_return_share", "category_return_share", "product_matured_units"
# Concentrations: a listing comes back whole or not at all, and a share that may as well be certain.
LOOSEST, TIGHTEST = 0.1, 1e4


@dataclass(frozen=True)
class Shares:
    """A product's own share of returns, drawn to its category's, and that to all products'.

    Attributes:
        overall: share of all matured units that came back; null where no sale is old enough to tell, or nothing ever
            came back, which without a table of returns is no knowledge.
        prior_units: units sold that the wider group's share is worth.
    """

    overall: float | None
    prior_units: float

    @classmethod
    def of(cls, rows: pl.DataFrame, prior_units: float) -> "Shares":
        """What finished listings tell."""
        ripe = rows.filter("return_matured").unique(LISTING, keep="any")
        sold, back = int(ripe["sales_units"].sum()), int(ripe["returned_units"].sum())
        overall = round(min(back / sold, 1.0), 9) if sold > 0 and back > 0 else None
        return cls(overall=overall, prior_units=prior_units)

    def rate(self, features: pl.DataFrame) -> pl.Series:
        """The usual share of each listing's sales that comes back; null where nothing is known of returns."""
        if self.overall is None:
            return pl.Series("return_rate", np.full(features.height, None), dtype=pl.Float64)
        sold, own = _column(features, SOLD, 0.0), _column(features, OWN, 0.0)
        wider = _column(features, KIN, self.overall)
        rate = (sold * own + self.prior_units * wider) / (sold + self.prior_units)
        return pl.Series("return_rate", np.clip(rate, 0.0, 1.0), dtype=pl.Float64)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"overall": self.overall, "prior_units": self.prior_units}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Shares":
        """Out of JSON."""
        return cls(overall=document["overall"], prior_units=document["prior_units"])


def concentration(units: Floats, back: Floats, rate: Floats) -> float:
    """How closely listings keep to their rates: c of a beta distribution with means r, shapes c r and c (1 - r).

    By moments: with n units sold, units that come back scatter around n r with variance n r (1 - r) (1 + (n - 1) rho),
    rho = 1 / (c + 1) (Williams 1982, doi 10.2307/2347977). Each listing counts by what one unit of it tells, so that a
    giant does not decide.

    >>> concentration(np.array([2.0, 2.0]), np.array([0.0, 2.0]), np.array([0.5, 0.5]))  # all or nothing: rho is 1
    0.1
    >>> concentration(np.array([4.0, 4.0]), np.array([3.0, 1.0]), np.array([0.5, 0.5]))  # as coins fall: rho is 0
    10000.0

    Args:
        units: sold by each listing.
        back: of them, units that came back.
        rate: the share expected of each, as told before its session.

    Returns:
        c, between `LOOSEST` and `TIGHTEST`; `TIGHTEST` where no listing sold two units.
    """
    some = (units > 0) & (rate > 0.0) & (rate < 1.0)
    sold, off, spread = units[some], (back - units * rate)[some], (rate * (1.0 - rate))[some]
    more = float(((sold - 1.0) * spread).sum())
    beyond = float(((off**2 - sold * spread) / np.maximum(sold, 1.0)).sum())
    rho = beyond / more if more > 0.0 else 0.0
    return round(float(np.clip(1.0 / rho - 1.0, LOOSEST, TIGHTEST)), 9) if rho > 0.0 else TIGHTEST


def _column(features: pl.DataFrame, name: str, otherwise: float) -> Floats:
    if name not in features.columns:
        return np.full(features.height, otherwise)
    return np.asarray(features[name].cast(pl.Float64).fill_null(otherwise).to_numpy(), dtype=np.float64)
