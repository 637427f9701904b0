"""The words that features are written in: polars expressions over look-ups."""

import polars as pl

FADED = 0.1  # showings: one that lies more than three half-lives back


def total(entity: str, measure: str, window: str) -> pl.Expr:
    """The sum of a measure of an entity over a window before the cutoff."""
    return pl.col(f"{entity}.{measure}.{window}")


def ratio(above: pl.Expr, below: pl.Expr) -> pl.Expr:
    """One over the other; unknown where there is nothing to divide by."""
    return pl.when(below > 0).then(above / below)


def per_listing(entity: str, measure: str, window: str) -> pl.Expr:
    """The mean of a measure per showing in the window."""
    return ratio(total(entity, measure, window), total(entity, "exposures", window))


def fading_per_listing(entity: str, measure: str, half_life: str) -> pl.Expr:
    """The mean of a measure per showing, weights halving; unknown where all showings have faded away."""
    # Goods also sell without being shown: over a faded showing such sales would look like a miracle.
    shown = total(entity, "exposures", f"ewm{half_life}")
    return pl.when(shown > FADED).then(total(entity, measure, f"ewm{half_life}") / shown)


def last(entity: str, measure: str, back: int = 1) -> pl.Expr:
    """A measure of the last showing (or the one `back` before), as known at the cutoff."""
    return pl.col(f"{entity}.{measure}.last{back}")


def lasts(entity: str, measure: str, count: int) -> list[pl.Expr]:
    """The same measure of each of the last `count` showings."""
    return [last(entity, measure, back) for back in range(1, count + 1)]


def mean_last(entity: str, measure: str, count: int) -> pl.Expr:
    """Mean over the last `count` showings, or over as many as there were."""
    return pl.mean_horizontal(lasts(entity, measure, count))


def max_last(entity: str, measure: str, count: int) -> pl.Expr:
    """Greatest of the last `count` showings."""
    return pl.max_horizontal(lasts(entity, measure, count))


def spread_last(entity: str, measure: str, count: int) -> pl.Expr:
    """Standard deviation over the last `count` showings."""
    squares = pl.mean_horizontal([x * x for x in lasts(entity, measure, count)])
    mean = mean_last(entity, measure, count)
    return (squares - mean * mean).clip(0.0).sqrt()


def days_between(later: str, earlier: str) -> pl.Expr:
    """Days from one instant column to another."""
    return (pl.col(later) - pl.col(earlier)).dt.total_seconds() / 86_400
