"""What is told of listings under way: the nowcast beside what was planned for them."""

import polars as pl

from models.dataset import LISTING, ROW
from models.grid import QUANTILES
from models.nowcast.arrivals import Arrivals
from models.nowcast.nowcaster import NOWCAST
from models.nowcast.view import OPEN, SO_FAR
from models.predictor import Predictor

CLICKS, UNITS = "listing_clicks_5m", "listing_units_5m"
NO_NOWCASTS = (
    "too few sessions were forecast and ended to learn nowcasts from: the plan goes on, raised to what was sold"
)
UNKNOWN = Arrivals((0.0, 30.0, 240.0), (0.0, 0.5, 1.0))
"""Until sessions tell how demand arrives: half of it in half an hour."""


def told(features: pl.DataFrame, plan: pl.DataFrame, predictor: Predictor) -> pl.DataFrame:
    """One row a listing: its nowcast, and everything that was planned for it.

    Args:
        features: the feature table of the listings at the cutoff.
        plan: what `planned` gave, of the same listings.
        predictor: in service.

    Returns:
        `ROW`, `NOWCAST`, then the columns of the plan but for its forecast; `on_show` for the listing of each session
        that drew most clicks in 5 minutes; `recent_units`, sold in as many.
    """
    now = nowcast(features, plan, predictor)
    clicks = features.select(
        *LISTING, clicks=pl.col(CLICKS).fill_null(0.0), recent_units=pl.col(UNITS).cast(pl.Float64).fill_null(0.0)
    )
    most = (pl.col("clicks") > 0) & (pl.col("clicks") == pl.col("clicks").max().over("session_id"))
    shown = clicks.select(*LISTING, "recent_units", on_show=most & most.cum_sum().over("session_id").eq(1))
    rest = plan.drop(name for name in NOWCAST if name in plan.columns)
    return now.join(rest, on=LISTING, how="left", maintain_order="left").join(
        shown, on=LISTING, how="left", maintain_order="left"
    )


def nowcast(features: pl.DataFrame, plan: pl.DataFrame, predictor: Predictor) -> pl.DataFrame:
    """The nowcast alone: `ROW` and `NOWCAST`; of a predictor without a nowcaster the plan, raised to what was sold.

    What has sold more than the bar is a hit for certain, whoever tells it.
    """
    if predictor.nowcaster is not None:
        return predictor.nowcaster.forecast(features, plan, predictor.settings.threads)
    sold = features.select(*ROW, minutes_open=pl.col(OPEN).cast(pl.Float64), sold_units=pl.col(SO_FAR["sold"]))
    said = plan.select(*LISTING, "hit_bar_units", "p_hit", "demand_mean", *QUANTILES)
    units = pl.col("sold_units").cast(pl.Float64)
    return (
        sold.join(said, on=LISTING, how="left", maintain_order="left")
        .with_columns(pl.max_horizontal(name, units).alias(name) for name in ("demand_mean", *QUANTILES))
        .with_columns(p_hit=pl.when(units > pl.col("hit_bar_units")).then(1.0).otherwise("p_hit"))
        .select(*ROW, pl.col(NOWCAST[0]), pl.col("sold_units").cast(pl.Int64), *NOWCAST[2:])
    )


def arrivals(predictor: Predictor) -> pl.DataFrame:
    """How demand usually arrives: `minutes` since a listing opened, `share` that has come."""
    return (predictor.nowcaster.arrivals if predictor.nowcaster else UNKNOWN).frame()
