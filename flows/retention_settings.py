"""What may be changed about how long people's data stays."""

from pydantic import Field

from features.settings import Frozen


class Retention(Frozen):
    """After how many days what is erased from the lake; null: never."""

    viewer_days: float | None = Field(gt=0, description="then who acted and what they wrote is erased; what was stays")
    event_days: float | None = Field(gt=0, description="then raw events go altogether; counts, orders and returns stay")
