"""What a plan as a whole is expected to come to."""

from dataclasses import dataclass

from stocking.planning.problem import gap


@dataclass(frozen=True)
class Prospect:
    """Expected money and units of all listings together, a product counted once over its sessions.

    Attributes:
        profit: of all units, those at hand among them, each paid for at unit cost, and of the reserve, in money.
        gain: what the orders and the reserve add to that.
        bound: no plan within the limits gains more.
        spend: what the orders cost.
        fees: what reserving costs.
        reserve_value: what the reserve adds, its fees paid: the value of waiting.
        demand_units, sold_units, stocked_units: on average; of goods, without what is made from the reserve.
    """

    profit: float
    gain: float
    bound: float
    spend: float
    fees: float
    reserve_value: float
    demand_units: float
    sold_units: float
    stocked_units: float

    @property
    def gap(self) -> float:
        """How far the gain may lie below the best possible, as a share of that."""
        return gap(self.gain, self.bound)

    @property
    def fill_rate(self) -> float:
        """Share of the demand that goods meet; 1 where none is expected."""
        return self.sold_units / self.demand_units if self.demand_units > 0.0 else 1.0

    @property
    def leftover_share(self) -> float:
        """Share of the goods that nobody buys; 0 where there are none."""
        return 1.0 - self.sold_units / self.stocked_units if self.stocked_units > 0.0 else 0.0
