"""What may be changed about how patient we are with a feed."""

from pydantic import Field, model_validator

from features.settings import Frozen


class Feed(Frozen):
    """How late, how far ahead and how silent a feed may be."""

    allowed_lateness_minutes: float = Field(
        ge=0, description="an event that happened so long before the newest of its session comes too late to count"
    )
    max_skew_seconds: float = Field(ge=0, description="how far ahead of its arrival a row may say that it happened")
    silence_minutes: float = Field(gt=0, description="without a sign of a running session until its room is silent")
    feed_silence_minutes: float = Field(gt=0, description="without a sign of any room until the feed is silent")
    late_minutes: float = Field(ge=0, description="after the planned start without a sign until a session is late")
    missing_minutes: float = Field(gt=0, description="the same until a session counts as never started")
    end_grace_minutes: float = Field(ge=0, description="after the planned end and the last sign until it is over")

    @model_validator(mode="after")
    def late_before_missing(self) -> "Feed":
        """A session is late before it is missing."""
        if self.missing_minutes < self.late_minutes:
            raise ValueError(f"missing_minutes is {self.missing_minutes:g}, expected at least {self.late_minutes:g}")
        return self
