"""What may be changed about the weekly upkeep of the lake."""

from pydantic import Field

from features.settings import Frozen


class Maintenance(Frozen):
    """When files of the lake are joined and removed."""

    join_files: int = Field(ge=2, description="a day of a table with so many files gets one instead")
    keep_days: float = Field(ge=1, description="so long stay files that no present version of a table reads")
