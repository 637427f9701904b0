from pydantic import Field

from features.settings import Frozen


class Plausible(Frozen):
    """What is told of data that keeps the contract and can still hardly be true."""

    days: float = Field(
        gt=0, description="before a cutoff, of which the newest prices, sales and sessions are looked at"
    )
    price_factor: float = Field(gt=1, description="a price that moved so many times may be in another unit")
    price_share: float = Field(gt=0, le=1, description="of products, from which on moved prices are told")
    outside_minutes: float = Field(ge=0, description="before a session begins or after it ends, and more, is odd")
    outside_share: float = Field(gt=0, le=1, description="of rows outside their sessions, from which on it is told")
    moved_hours: int = Field(ge=1, le=12, description="by which the time of day of orders may drift before it is told")
    least_rows: int = Field(ge=1, description="with fewer rows nothing is said of shares and times")
    hour_rows: int = Field(ge=1, description="usual in an hour with sessions, for an hour without any to be missing")
    burst_orders: int = Field(ge=1, description="of one viewer for one listing in a minute; those beyond do not count")
