"""What merchants made of the list's units, and whether they were right: by the money that it brought or cost."""

from dataclasses import dataclass

import polars as pl

RIGHT, WRONG, EVEN = "right", "wrong", "even"
RAISED, LOWERED, DECLINED = "raised", "lowered", "declined"
CENT = 0.005
_APPROVED, _WORTH = pl.col("approved_units"), pl.col("worth")


@dataclass(frozen=True)
class Tally:
    """What the answers of merchants came to.

    Attributes:
        listings: that were looked at.
        answered: of them, with units.
        changed: answered with other units than recommended.
        right: changes that earned more than the recommendation would have.
        wrong: changes that earned less.
        worth: money that all changes together brought; negative where they cost.
    """

    listings: int
    answered: int
    changed: int
    right: int
    wrong: int
    worth: float

    def words(self) -> str:
        """The same in a sentence."""
        each = f"{self.right:,} right, {self.wrong:,} wrong, worth {self.worth:,.0f}"
        return f"answered {self.answered:,} of {self.listings:,} listings and changed {self.changed:,}: {each}"


def changes(judged: pl.DataFrame) -> pl.DataFrame:
    """The listings whose merchant decided on other units than recommended, the costliest mistake and best change first.

    Args:
        judged: the feedback, each listing once.

    Returns:
        Its rows with `change` (raised, lowered or declined), `worth`: the profit less that of the recommendation, and
        `verdict`: `right` where that is above zero, `wrong` below, `even` where it made no difference.
    """
    kind = (
        pl.when(_APPROVED == 0).then(pl.lit(DECLINED))
        .when(pl.col("recommended_units") > _APPROVED).then(pl.lit(LOWERED))
        .otherwise(pl.lit(RAISED))
    )  # fmt: skip
    verdict = pl.when(_WORTH >= CENT).then(pl.lit(RIGHT)).when(_WORTH <= -CENT).then(pl.lit(WRONG))
    return (
        judged.filter(_APPROVED.is_not_null() & (pl.col("recommended_units") != _APPROVED))
        .with_columns(change=kind, worth=pl.col("profit") - pl.col("recommended_profit"))
        .with_columns(verdict=verdict.otherwise(pl.lit(EVEN)))
        .sort(_WORTH.abs(), "session_id", "product_id", descending=[True, False, False])
    )


def tally(judged: pl.DataFrame) -> Tally:
    """How often merchants answered, and how often they were right."""
    changed = changes(judged)
    return Tally(
        listings=judged.height,
        answered=judged["approved_units"].count(),
        changed=changed.height,
        right=changed.filter(verdict=RIGHT).height,
        wrong=changed.filter(verdict=WRONG).height,
        worth=float(changed["worth"].sum()),
    )
