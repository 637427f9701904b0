"""What the business accepts: the knobs of every stocking decision."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0.0, le=365.0, allow_inf_nan=False)]
Units = Annotated[int, Field(ge=0, le=1_000_000)]


class Policy(BaseModel):
    """What is assumed where the landing tables are silent, and how far the list may go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank_by: Literal["p_hit", "expected_profit"] = Field(
        description="what the best line has most of; the other breaks ties"
    )
    default_cost_share: Share = Field(description="unit cost as a share of price, where `unit_cost` is null")
    default_salvage_share: Share = Field(
        description="what an unsold item fetches as a share of price, where `salvage_value` is null"
    )
    default_return_rate: Share = Field(description="share of sold units that come back, where no forecast of it exists")
    return_handling_share: Share = Field(description="what handling one returned unit costs, as a share of price")
    default_lead_time_days: Days | None = Field(
        description="lead time where no supplier is known; null: no order-by date then"
    )
    handling_days: Days = Field(description="days between a delivery and the session, for receiving and shelving")
    default_min_order_units: Units = Field(description="smallest order where no supplier is known")
    default_pack_units: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        description="units in a pack where no supplier is known"
    )
    service_level_max: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        description="units are neither stocked nor reserved beyond this quantile of demand, however cheap they are"
    )
    reserve_wait_share: Share = Field(
        description="share of the buyers who wait for goods made after the session; 0: reserve nothing"
    )
