"""What may be changed about sessions under way."""

from pydantic import Field

from features.feed.settings import Feed
from features.settings import Frozen
from flows.telling.settings import Telling
from flows.watching.settings import Database, Pace
from stocking.acts.settings import Acts


class Underway(Frozen):
    """How sessions under way are followed, and what is said of them."""

    ahead_hours: float = Field(
        gt=0, le=24 * 14, description="sessions that begin within so long are followed, and may be given goods"
    )
    poll_seconds: float = Field(gt=0, le=3_600, description="wait until a landing zone is looked at again")
    idle_seconds: float = Field(gt=0, description="without anything new for so long, time goes on by the clock")
    history_points: int = Field(
        ge=2, description="points of each curve that are kept, up to twice as many; a page draws 48"
    )
    page_seconds: int = Field(ge=1, description="a page reads itself anew so often, and is written at most so often")
    feed: Feed
    pace: Pace
    database: Database | None = Field(description="PostgreSQL tables to follow beside the landing zone; null: none")
    acts: Acts
    telling: Telling
