"""How far back the pages and figures of the feedback reach."""

from pydantic import BaseModel, ConfigDict, Field


class FeedbackSettings(BaseModel):
    """What may be chosen about looking back at lists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(gt=0, le=3660, description="days before the moment whose sessions the figures and pages tell")
