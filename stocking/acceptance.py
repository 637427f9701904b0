"""How far a merchant followed the list: which lines were answered, and what was made of their units."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from stocking.judged import Judged


@dataclass(frozen=True)
class Acceptance:
    """What the answers in a workbook come to, in lines and in units.

    Attributes:
        lines: of the workbook.
        unanswered: left as they came.
        as_recommended: approved with the units recommended.
        raised: approved with more.
        lowered: approved with fewer.
        declined: answered with none, though some were recommended.
        noted: answered with a note alone.
        refused: answered in a way that cannot count.
        recommended_units: of the lines approved, raised, lowered or declined.
        approved_units: of the same lines.
    """

    lines: int
    unanswered: int
    as_recommended: int
    raised: int
    lowered: int
    declined: int
    noted: int
    refused: int
    recommended_units: int
    approved_units: int

    @property
    def answered_share(self) -> float:
        """Share of the lines that were answered in whatever way; 0 where there are no lines."""
        return 1 - self.unanswered / self.lines if self.lines else 0.0

    def facts(self) -> Mapping[str, str]:
        """The figures by name, for people."""
        return {
            "lines": f"{self.lines:,}",
            "answered": f"{self.lines - self.unanswered:,} ({self.answered_share:.0%})",
            "as recommended": f"{self.as_recommended:,}",
            "raised": f"{self.raised:,}",
            "lowered": f"{self.lowered:,}",
            "declined": f"{self.declined:,}",
            "a note alone": f"{self.noted:,}",
            "refused": f"{self.refused:,}",
            "units": f"{self.approved_units:,} approved of {self.recommended_units:,} recommended",
        }


def acceptance(judged: Judged) -> Acceptance:
    """The figures of a workbook whose answers were judged."""
    approved, recommended = pl.col("approved_units"), pl.col("recommended_units")
    kinds = {
        "as_recommended": approved == recommended,
        "raised": approved > recommended,
        "lowered": (approved > 0) & (approved < recommended),
        "declined": (approved == 0) & (recommended > 0),
        "noted": approved.is_null(),
    }
    counted = judged.accepted.select(
        *(kind.fill_null(value=False).sum().alias(name) for name, kind in kinds.items()),
        recommended_units=recommended.filter(approved.is_not_null()).sum(),
        approved_units=approved.sum(),
    )
    return Acceptance(
        lines=judged.lines, unanswered=judged.unanswered, refused=judged.refused.height, **counted.row(0, named=True)
    )
