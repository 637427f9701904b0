"""What every candidate is asked for: measures, windows, and the names of their columns."""

from collections.abc import Sequence

# A kind's place here is its number in the events.
KINDS = ("enters", "leaves", "views", "likes", "comments", "shares", "follows", "gifts", "clicks", "carts", "sellouts")
MEASURES = {"listing": ("views", "likes", "comments", "shares", "clicks", "carts", "sellouts"), "session": KINDS}
LENGTHS = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "ever": None}  # in minutes


def names(windows: Sequence[str], *, viewers: bool) -> list[str]:
    """The columns: of all five windows 90 sums, and 10 numbers of distinct viewers."""
    measures = [(entity, measure) for entity, some in MEASURES.items() for measure in some]
    return [
        f"{entity}.{measure}.{window}"
        for entity, measure in [*measures, *((entity, "viewers") for entity in MEASURES if viewers)]
        for window in windows
    ]
