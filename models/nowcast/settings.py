from itertools import pairwise

from pydantic import Field, field_validator

from features.settings import Frozen


class Nowcasting(Frozen):
    """What may be changed about forecasts within sessions."""

    minutes: tuple[int, ...] = Field(
        min_length=2, description="minutes after a listing opened, and before that after its session began, to learn at"
    )
    min_listings: int = Field(ge=30, description="with fewer forecast and finished listings nothing is learnt")
    max_rows: int = Field(gt=0, description="rows to learn from; the latest sessions are kept")
    later_share: float = Field(gt=0, lt=1, description="latest share of the sessions that tunes and calibrates")
    ridge: float = Field(gt=0, description="rows' worth of trust in a slope of nothing, for the straight lines")
    rounds: int = Field(gt=0, description="most trees of one booster")
    learning_rate: float = Field(gt=0, le=1)
    leaves: int = Field(ge=4, le=1024, description="most leaves of a tree")
    min_data: int = Field(ge=1, description="fewest rows in a leaf")
    group_rows: int = Field(gt=0, description="rows that a minute needs for half of its own width")
    neighbours: int = Field(gt=0, description="earlier curves that the pattern rival compares with")

    @field_validator("minutes")
    @classmethod
    def ascending(cls, minutes: tuple[int, ...]) -> tuple[int, ...]:
        """Minutes after the beginning, each later than the one before."""
        if minutes[0] < 1 or any(later <= earlier for earlier, later in pairwise(minutes)):
            raise ValueError(f"minutes are {list(minutes)}, expected 1 or more, ascending")
        return minutes
