"""One reader's part of a plan, ready to be written in any format."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

Audience = Literal["merchant", "supplier", "logistics", "anchor"]
AUDIENCES: tuple[Audience, ...] = ("merchant", "supplier", "logistics", "anchor")


@dataclass(frozen=True)
class About:
    """What every reader may know of a plan as a whole.

    Attributes:
        cutoff: only what was known strictly before it was used.
        horizon: how far ahead the sessions lie.
        timezone: IANA name; whose days and hours the papers show.
        currency: ISO code of all money.
        model_version: who forecast.
        data_version: from which data.
    """

    cutoff: datetime
    horizon: timedelta
    timezone: str
    currency: str
    model_version: str
    data_version: str


@dataclass(frozen=True, eq=False)
class Paper:
    """What one reader gets.

    Attributes:
        audience: which kind of reader.
        reader: the merchant's, supplier's or anchor's id; None where it is not known, and for logistics.
        lines: the reader's rows and columns, no others; ASCII column names that never change.
        limits: what the plan had to keep to, as far as the reader may see it (`stocking.decided.LIMITS`).
        changes: of the merchant's list since the last one; no rows where there was none.
        quality: `topic` and `finding`: what was missing or stale in the data, in words.
        about: the plan as a whole.
    """

    audience: Audience
    reader: str | None
    lines: pl.DataFrame
    limits: pl.DataFrame
    changes: pl.DataFrame
    quality: pl.DataFrame
    about: About
