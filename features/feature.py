"""What a feature is: one literal from which its look-ups, its contract and its documentation come."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from features import actions, evidence, regulars
from features.ingredient import VIEWERS, Ingredient


@dataclass(frozen=True, eq=False)
class Feature:
    """One thing known about a listing at a cutoff.

    Attributes:
        name: column name, unit at its end where it has one.
        words: how a reason names it, for a merchant.
        expr: polars expression over context columns and ingredients (`product.units.7d`).
        low: least legal value; what lies below is clipped to it.
        high: greatest legal value; what lies above is clipped to it.
        unit: of the value.
        silence: what no data means: "zero", "unknown" (null), or a sentence.
        sentence: what it says.
        kind: a number, or a name out of a closed list (`category`).
    """

    name: str
    words: str
    expr: pl.Expr
    low: float
    high: float
    unit: str
    silence: str
    sentence: str
    kind: Literal["number", "category"] = "number"

    def ingredients(self) -> frozenset[Ingredient]:
        """The look-ups that its expression asks for."""
        return frozenset(Ingredient.parse(root) for root in self.expr.meta.root_names() if "." in root)

    def windows(self) -> str:
        """The windows that it looks back over, for the documentation."""
        found = sorted({one.window for one in self.ingredients()})
        until = ["until the session opened"] if any(one.opening for one in self.ingredients()) else []
        return ", ".join(found + until) or "at the cutoff"

    def engagement(self) -> bool:
        """Whether it needs what viewers do, and is lost where a landing zone has no events."""
        heard = {*actions.MEASURES, *evidence.MEASURES, *regulars.MEASURES, VIEWERS} - {"sellouts"}
        return any(one.counted in heard for one in self.ingredients())

    def column(self) -> pl.Expr:
        """The finished column: text for a category, else a clipped Float32 in which silence is null."""
        if self.kind == "category":
            return self.expr.cast(pl.String).alias(self.name)
        return finished(self.expr.cast(pl.Float64), pl.lit(self.low), pl.lit(self.high)).alias(self.name)


def finished(value: pl.Expr, low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """A Float64 number within its bounds, as Float32; null where it is none."""
    return pl.when(value.is_finite()).then(value).clip(low, high).cast(pl.Float32)
