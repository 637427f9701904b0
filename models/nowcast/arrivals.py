"""How demand usually arrives: the share of a listing's final sales that has come so many minutes after it opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.nowcast.view import OPEN

SCHEMA = pl.Schema({"minutes": pl.Float64(), "share": pl.Float64()})


@dataclass(frozen=True)
class Arrivals:
    """Minutes since opening, ascending, and the share that has come by then, never falling, from 0 to 1."""

    minutes: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Arrivals":
        """Read off finished listings that did not sell out, seen at several minutes (`lessons`)."""
        usual = rows.filter(~pl.col("censored"), pl.col(OPEN).is_not_null(), pl.col("sales_units") > 0)
        told = (
            usual.group_by(OPEN)
            .agg(pl.col("sold_units").sum() / pl.col("sales_units").sum())
            .sort(OPEN)
            .cast(pl.Float64)
        )
        minutes = [0.0, *told[OPEN].to_list()]
        shares = np.maximum.accumulate(np.clip([0.0, *told["sold_units"].to_list()], 0.0, 1.0))
        end = max(minutes[-1] * 2, 60.0)
        return cls((*minutes, end), (*np.round(shares, 9).tolist(), 1.0))

    def frame(self) -> pl.DataFrame:
        """As a frame: `minutes`, `share`."""
        return pl.DataFrame({"minutes": self.minutes, "share": self.shares}, schema=SCHEMA)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"minutes": list(self.minutes), "shares": list(self.shares)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Arrivals":
        """Out of JSON."""
        return cls(tuple(document["minutes"]), tuple(document["shares"]))
