"""The demand that really was, where somebody knows it: a simulated world, or a shop that counted who went away."""

import polars as pl

from models.dataset import LISTING

TRUE = ("true_units", "true_return_rate")


class TruthError(ValueError):
    """A table of true demand that cannot be read."""


def checked(truth: pl.DataFrame) -> pl.DataFrame:
    """True demand as it judges.

    Args:
        truth: `session_id`, `product_id`, `demand` in units and, if known, `return_rate`; other columns are not read.

    Returns:
        session_id, product_id, `true_units`, `true_return_rate` (null where not known), one row a listing.

    Raises:
        TruthError: a column is missing, a listing comes twice, a demand is missing, negative or infinite, or a rate of
            returns is no share.
    """
    missing = [name for name in (*LISTING, "demand") if name not in truth.columns]
    if missing:
        raise TruthError(f"the true demand lacks the columns {missing}: expected session_id, product_id and demand")
    rate = pl.col("return_rate") if "return_rate" in truth.columns else pl.lit(None)
    read = truth.select(
        *(pl.col(name).cast(pl.String) for name in LISTING),
        true_units=pl.col("demand").cast(pl.Float64),
        true_return_rate=rate.cast(pl.Float64),
    )
    units, share = pl.col("true_units"), pl.col("true_return_rate")
    sound = (units.is_finite() & (units >= 0)).fill_null(value=False) & (
        share.is_null() | share.is_between(0, 1).fill_null(value=False)
    )
    odd = read.filter(~sound).height
    twice = int(read.select(LISTING).is_duplicated().sum())
    if odd or twice:
        raise TruthError(
            f"the true demand has {odd} rows without a demand of zero or more, or with a return rate that is no share, "
            f"and {twice} rows whose listing comes again: expected one row a listing"
        )
    return read


def happened(finished: pl.DataFrame, told: pl.DataFrame, truth: pl.DataFrame | None) -> pl.DataFrame:
    """What became of listings, by the truth where it is known, else by the labels.

    Args:
        finished: what `features.labels.outcomes` gave.
        told: listings that were forecast, with `scheduled_at`; those not finished count where their truth is known.
        truth: what `checked` gave, or nothing.

    Returns:
        `finished` without `begins` and with `capped` (it sold out; null where the session is not in the data),
        `realised_units` (the true demand, else the sales) and `true_return_rate`. A listing of known truth has its
        true demand, whole and uncensored.
    """
    if truth is None:
        truth = pl.DataFrame(schema=dict.fromkeys(LISTING, pl.String()) | dict.fromkeys(TRUE, pl.Float64()))
    later = (
        told.select(*LISTING, "scheduled_at")
        .unique(LISTING, keep="last", maintain_order=True)
        .join(truth, on=LISTING, how="semi")
        .join(finished, on=LISTING, how="anti")
        .with_columns(return_matured=pl.lit(value=False))
    )
    known = pl.col("true_units").is_not_null()
    return (
        pl.concat([finished.drop("begins", strict=False), later], how="diagonal")
        .join(truth, on=LISTING, how="left", maintain_order="left")
        .with_columns(
            capped=pl.col("censored"),
            realised_units=pl.coalesce("true_units", pl.col("sales_units").cast(pl.Float64)),
            demand_units=pl.coalesce("true_units", "demand_units"),
            censored=pl.when(known).then(pl.lit(value=False)).otherwise("censored"),
            available_share=pl.when(known).then(1.0).otherwise("available_share"),
        )
        .drop("true_units")
    )
