"""What lies in stock: counts of the warehouse, a week apart, the last one at the cut."""

import numpy as np
import polars as pl

from features.season.settings import SeasonSettings

WEEK = 7


def counts(settings: SeasonSettings, listings: pl.DataFrame) -> pl.DataFrame:
    """One row per product and count: product, day, on_hand_units, inbound_units; one product in thirty is not counted.

    Merchants keep about what they believe one more showing draws.
    """
    dice = settings.chance("warehouse")
    days = np.arange(settings.days % WEEK, settings.days + 1, WEEK)
    belief = np.full(settings.products, 3.0)
    usual = listings.group_by("product").agg(pl.col("log_belief").mean().exp()).sort("product")
    belief[usual["product"].to_numpy()] = usual["log_belief"].to_numpy()
    mean = np.repeat(belief[:, None], len(days), axis=1) * np.exp(dice.normal(0.0, 0.5, (settings.products, len(days))))
    product, count = np.nonzero(np.broadcast_to(dice.random((settings.products, 1)) > 1 / 30, mean.shape))
    some = dice.binomial(1, 0.3, mean.shape) * dice.poisson(0.8 * mean)
    return pl.DataFrame(
        {
            "product": product,
            "day": days[count],
            "on_hand_units": dice.poisson(mean)[product, count],
            "inbound_units": some[product, count],
        },
    )
