"""What the errors of past forecasts teach about the boosters' own: how demand spreads, how odds run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.hits import AS_THEY_ARE, Odds
from models.spread import AS_SEEN, Spread


@dataclass(frozen=True)
class Correction:
    """The spread of demand, and the line of the odds."""

    spread: Spread
    odds: Odds

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"spread": self.spread.document(), "odds": self.odds.document()}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Correction":
        """Out of JSON."""
        return cls(Spread.read(document["spread"]), Odds.read(document["odds"]))


NONE = Correction(AS_SEEN, AS_THEY_ARE)
"""Nothing was learnt yet: what the boosters see is taken as it is."""
