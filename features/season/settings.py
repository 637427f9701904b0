"""What may be chosen about a simulated season: how long, how many, how busy, and from which seed."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import numpy as np

# The day of Asia/Shanghai starts at 16:00 UTC; this season meets 8 March, 20 May and 18 June.
SHANGHAI_MIDNIGHT = datetime(2025, 2, 24, 16, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class SeasonSettings:
    """One simulated season: its seed, its size and its noise.

    `start` is a local midnight in UTC. Traffic is given as means: orders for one listing, browsing clicks for one
    order, viewers entering one session.
    """

    seed: int = 7
    start: datetime = SHANGHAI_MIDNIGHT
    days: int = 120
    horizon_days: int = 12
    rooms: int = 6
    merchants: int = 12
    suppliers: int = 14
    products: int = 400
    viewers: int = 40_000
    sessions_per_room_day: float = 0.62
    listings_per_session: int = 20
    orders_per_listing: float = 9.0
    clicks_per_order: float = 2.6
    entries_per_session: float = 190.0
    viral_days_share: float = 0.002
    late_share: float = 0.01

    def __post_init__(self) -> None:
        """Refuse a season that has nothing in it, or whose clock has no zone."""
        counts = (self.days, self.horizon_days, self.rooms, self.merchants, self.suppliers, self.listings_per_session)
        if min(counts) < 1 or self.start.tzinfo is None:
            raise ValueError(f"a season needs at least one of everything and a start with an offset: {self}")
        if self.products < 2 * self.listings_per_session:
            raise ValueError(f"{self.products} products cannot fill line-ups of about {self.listings_per_session}")

    @property
    def as_of(self) -> datetime:
        """The cut: only what was known before it is in the landing tables."""
        return self.start + timedelta(days=self.days)

    @property
    def all_days(self) -> int:
        """Days that are played, those after the cut included."""
        return self.days + self.horizon_days

    def chance(self, stage: str) -> np.random.Generator:
        """Dice of their own for each stage, so that one stage may change without moving the others."""
        return np.random.default_rng([self.seed, zlib.crc32(stage.encode())])

    @classmethod
    def demo(cls, seed: int = 7) -> Self:
        """The season that the demonstration plays: 120 days of 6 rooms."""
        return cls(seed=seed)

    @classmethod
    def small(cls, seed: int = 7) -> Self:
        """A season for tests: 45 days of 3 rooms, made in under a second."""
        return cls(
            seed=seed,
            days=45,
            rooms=3,
            merchants=5,
            suppliers=6,
            products=90,
            viewers=4_000,
            listings_per_session=13,
            orders_per_listing=6.0,
            clicks_per_order=1.8,
            entries_per_session=80.0,
            viral_days_share=0.003,
        )
