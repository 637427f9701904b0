"""The name of a look-up: which thing, which measure, which window."""

import re
from dataclasses import dataclass

MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
VIEWERS = "viewers"
SHOWN = frozenset({"price", "units_offered", "minutes"})
_WINDOW = re.compile(r"(?P<kind>|ewm)(?P<size>\d+)(?P<unit>[mhd])")


@dataclass(frozen=True)
class Ingredient:
    """One look-up, written `entity.measure.window` or `entity.measure.window.opening`.

    Windows: `15m`, `28d` (the time before the cutoff), `ever`, `ewm7d` (weights that halve in 7 days), `last2` (the
    last but one showing). With `opening` they end where the session opened, if that was before the cutoff: what is
    learnt of others' sessions from strictly earlier ones.

    Measures: any sum; `viewers`, different ones; `clicks:gaps`, the minutes between one minute with clicks and the
    next, and `clicks:gaps_squared`; and of `last` also `price`, `units_offered` and `minutes` (since that showing).
    """

    entity: str
    measure: str
    window: str
    opening: bool = False

    @classmethod
    def parse(cls, name: str) -> "Ingredient":
        """Read `product.units.7d`; raises ValueError where it is no such name."""
        entity, measure, window, *rest = name.split(".")
        if rest not in ([], ["opening"]):
            raise ValueError(f"{name} is no name of a look-up, such as product.units.7d or product.units.7d.opening")
        return cls(entity, measure, window, opening=bool(rest))

    @property
    def name(self) -> str:
        """The column's name."""
        return f"{self.entity}.{self.measure}.{self.window}" + (".opening" if self.opening else "")

    @property
    def counted(self) -> str:
        """The measure that must be summed for it."""
        return self.measure.partition(":")[0]

    @property
    def lag(self) -> int | None:
        """Which showing before the cutoff, counted from the last; None for other windows."""
        return int(self.window.removeprefix("last")) if self.window.startswith("last") else None

    @property
    def half_life(self) -> float | None:
        """Half-life in minutes of a fading sum; None for other windows."""
        found = _WINDOW.fullmatch(self.window)
        return _minutes(found) if found and found["kind"] else None

    @property
    def length(self) -> int | None:
        """Length in minutes of a plain window; None for all time."""
        found = _WINDOW.fullmatch(self.window)
        return int(_minutes(found)) if found else None


def _minutes(found: re.Match[str]) -> float:
    return float(int(found["size"]) * MINUTES[found["unit"]])
