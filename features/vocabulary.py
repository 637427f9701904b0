"""The words that features are written in: polars expressions over look-ups."""

import polars as pl

FADED = 0.1  # showings: one that lies more than three half-lives back
KIN_SHOWINGS = 10.0  # a group's own mean counts as much as its wider group's once it has so many showings


def total(entity: str, measure: str, window: str) -> pl.Expr:
    """The sum of a measure of an entity over a window before the cutoff."""
    return pl.col(f"{entity}.{measure}.{window}")


def earlier(entity: str, measure: str, window: str) -> pl.Expr:
    """The same, up to where the session opened: only what strictly earlier sessions had told by then."""
    return pl.col(f"{entity}.{measure}.{window}.opening")


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


def since_peak(entity: str, measure: str, count: int) -> pl.Expr:
    """How many showings ago the greatest of the last `count` was, the latest of equals; 0 for the last one."""
    found, peak = pl.lit(None, pl.Int64), max_last(entity, measure, count)
    for back in range(count, 0, -1):
        found = pl.when(last(entity, measure, back) == peak).then(back - 1).otherwise(found)
    return found


def spread_last(entity: str, measure: str, count: int) -> pl.Expr:
    """Standard deviation over the last `count` showings."""
    squares = pl.mean_horizontal([x * x for x in lasts(entity, measure, count)])
    mean = mean_last(entity, measure, count)
    return (squares - mean * mean).clip(0.0).sqrt()


def days_between(later: str, earlier: str) -> pl.Expr:
    """Days from one instant column to another."""
    return (pl.col(later) - pl.col(earlier)).dt.total_seconds() / 86_400


def shrunk(entity: str, measure: str, shows: str, wider: pl.Expr) -> pl.Expr:
    """Mean of a measure a showing in 28 days of earlier sessions, drawn towards that of a wider group.

    (sum + k * wider) / (showings + k) with k = `KIN_SHOWINGS`: the posterior mean of a normal mean whose prior is worth
    k showings.
    """
    return (earlier(entity, measure, "28d") + KIN_SHOWINGS * wider) / (earlier(entity, shows, "28d") + KIN_SHOWINGS)


def return_share(entity: str) -> pl.Expr:
    """Returned share of the units sold long enough ago for most of their returns to be in."""
    return ratio(total(entity, "matured_returned", "ever"), total(entity, "matured", "ever"))


def early_return_share(entity: str) -> pl.Expr:
    """Returned share of the units whose returns are still coming in."""
    back = total(entity, "returned", "ever") - total(entity, "matured_returned", "ever")
    return ratio(back, total(entity, "units", "ever") - total(entity, "matured", "ever"))


def burstiness(entity: str, measure: str) -> pl.Expr:
    """How unevenly actions arrive, -1 (like a clock) to 1 (all at once): (s - m) / (s + m).

    m and s are mean and standard deviation of the time between arrivals, to the minute (Goh and Barabasi 2008).
    """
    count = total(entity, measure, "ever")
    mean = total(entity, f"{measure}:gaps", "ever") / count
    spread = (total(entity, f"{measure}:gaps_squared", "ever") / count - mean * mean).clip(0.0).sqrt()
    # Asked once whether there is a mean: in live sessions the length of an expression is what it costs.
    return pl.when(count > 0, spread + mean > 0).then((spread - mean) / (spread + mean))


def pace(entity: str, measure: str) -> pl.Expr:
    """Actions a minute in the last 5 minutes over those in the last 30."""
    return ratio(total(entity, measure, "5m") * 6, total(entity, measure, "30m"))


def acceleration(entity: str, measure: str) -> pl.Expr:
    """Actions of the last 5 minutes less those of the 5 before."""
    return 2 * total(entity, measure, "5m") - total(entity, measure, "10m")
