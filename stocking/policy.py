"""What the business accepts: the knobs of every stocking decision."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0.0, le=365.0, allow_inf_nan=False)]
Units = Annotated[int, Field(ge=0, le=1_000_000)]
Amount = Annotated[float, Field(ge=0.0, le=1e12, allow_inf_nan=False)]


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
    budget: Amount | None = Field(
        description="money that a merchant may spend on new goods and on reserving; null: as much as pays"
    )
    budgets: Mapping[str, Amount] = Field(description="the same for single merchants, by their id")
    warehouse_l: Amount | None = Field(description="litres that the goods of the listings ahead may fill; null: enough")
    default_unit_volume_l: Amount = Field(description="litres of one unit, where `unit_volume_l` is null")
    keep_supplier_capacity: bool = Field(description="no supplier has to start more on a day than its daily capacity")
    session_products_max: Annotated[int, Field(ge=1)] | None = Field(
        description="for how many products of a session goods may be ordered; null: all"
    )
    late_orders: Literal["flag", "drop"] = Field(
        description="an order that comes too late for its session is flagged, or not recommended"
    )
    service_level_min: Share = Field(
        description="units for this quantile of demand at least, of all that earns something; 0: what pays"
    )
    cvar_level: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        description="the plan's profit counts on average over this worst share of all outcomes; 1: over all"
    )
    session_share: Share = Field(description="share of the forecast errors' variance that a session's listings share")
    category_share: Share = Field(description="the same of a category's listings")
    product_share: Share = Field(description="the same of a product's listings")
    return_delay_days: Days = Field(description="days from a session until what comes back can be sold again")
    reserve_instead: bool = Field(
        description="material is reserved instead of goods where that pays better; otherwise only beyond them"
    )
    explore_share: Annotated[float, Field(ge=0.0, le=0.5, allow_inf_nan=False)] = Field(
        description="chance with which a product gets more than pays best, so that more of its demand is seen; 0: never"
    )
    explore_level: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        description="goods for this quantile of demand then, as far as limits and `service_level_max` allow"
    )
    explore_seed: Annotated[int, Field(ge=0)] = Field(description="of the lot")
    prove_seconds: Annotated[float, Field(ge=0.0, le=3600.0)] = Field(
        description="seconds in which a solver proves how good the plan is; 0: the plan is allocated, with its bound, "
        "as it always is where the worst outcomes count or material is reserved instead of goods"
    )

    @property
    def goods_by_mean(self) -> bool:
        """Whether expected profit of goods alone decides: no worst outcomes, no material in their place."""
        return self.cvar_level == 1.0 and not self.reserve_instead

    @model_validator(mode="after")
    def own_part(self) -> Self:
        """Listings that differ in something: what they share is less than all."""
        if self.session_share + self.category_share + self.product_share >= 1.0:
            raise ValueError("session_share, category_share and product_share sum to 1 or more, expected less")
        return self
