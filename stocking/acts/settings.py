"""When something is worth saying while a session is live, and how often."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stocking.policy import Amount, Share

Minutes = Annotated[float, Field(ge=0.0, le=10_080.0, allow_inf_nan=False)]


class Acts(BaseModel):
    """From when on people are told, and when they are left alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cool_down_minutes: Minutes = Field(
        description="a listing is not advised on twice in one way within so long, unless the value at least doubles"
    )
    value_min: Amount = Field(description="money; advice that is worth less is not given")
    value_share_min: Share = Field(
        description="the same as a share of what the listing is expected to take in; sell-outs are told in any case"
    )
    raise_at: Share = Field(description="advice is given from this chance on that it proves right")
    clear_at: Share = Field(description="a sell-out that was told is taken back only below this chance")
    sure_at: Share = Field(
        description="a conversion is told early once it is worth this share of what waiting could bring"
    )
    notice_minutes: Minutes = Field(
        description="a supplier is told at the latest so long before it has to know; a sell-out is early that is "
        "expected within so long and leaves more than that to the end"
    )
    tell_supplier_minutes: Minutes = Field(description="how long before a session's end its suppliers have to know")
    spare_level: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        description="goods may be moved away from a listing beyond this quantile of its own demand"
    )
    response_share: Share = Field(description="share of the units at stake that a hint to the anchor brings in")
    lag_share: Share = Field(description="a listing lags where its demand stays below this share of the plan's median")
    dead_share: Share = Field(description="a listing is dead that sells at most this share of what it has left")

    @model_validator(mode="after")
    def apart(self) -> Self:
        """Told and taken back at different chances: else advice flaps."""
        if not self.clear_at < self.raise_at <= self.sure_at:
            raise ValueError(
                f"clear_at {self.clear_at}, raise_at {self.raise_at}, sure_at {self.sure_at}: expected clear_at below "
                "raise_at, and raise_at at most sure_at"
            )
        return self
