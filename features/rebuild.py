"""Demand of listings that ran out: what they would have sold with stock enough."""

import numpy as np
import polars as pl

from features.contracts import Tables
from features.known import facts
from features.outages import LISTING, outages
from features.settings import LabelSettings

NARROWER = 0.7  # a listing's own clock is used where arrivals crowd on it clearly more than on the session's
KIN_CARTS = 30.0  # carts that a product's own units-per-cart must outweigh before it is believed
HEARD = 0.5  # intent counts as heard where so many sold-out listings still drew carts afterwards


def rebuilt(listings: pl.DataFrame, tables: Tables, settings: LabelSettings) -> pl.DataFrame:
    """Listings with `censored`, `available_share` and `demand_units`.

    Args:
        listings: ids, `begins` (of the session) and `sales_units` of finished listings.
        tables: the landing tables, already cut to what is known.
        settings: bounds of the rebuilding.

    Returns:
        The same rows. `available_share` is the share of a usual arrival curve during which it had stock. Demand is the
        sales where nothing ran out; else, where carts go on after a sell-out, carts times usual units per cart;
        else sales over `available_share`. Never below the sales, never above `max_rebuild` times them.
    """
    spells = outages(tables).join(listings.select(LISTING), on=LISTING, how="semi")
    offsets = _order_offsets(listings, tables, spells)
    share = _available(spells, offsets, listings)
    known = listings.join(share, on=LISTING, how="left", maintain_order="left").with_columns(
        censored=pl.col("available_share").is_not_null(), available_share=pl.col("available_share").fill_null(1.0)
    )
    by_curve = pl.col("sales_units") / pl.col("available_share").clip(settings.min_available_share, 1.0)
    intent = _intent(known, tables, spells)
    ceiling = pl.col("sales_units") * settings.max_rebuild
    estimate = pl.when("censored").then(pl.coalesce("by_intent", by_curve)).otherwise(pl.col("sales_units"))
    return (
        known.join(intent, on=LISTING, how="left", maintain_order="left")
        .with_columns(demand_units=estimate.clip(pl.col("sales_units"), ceiling).round(4).cast(pl.Float64))
        .drop("by_intent")
    )


def _order_offsets(listings: pl.DataFrame, tables: Tables, spells: pl.DataFrame) -> pl.DataFrame:
    """Every order of a listing with its seconds since the session's begin and since the listing's first order."""
    return (
        facts(tables["orders"], "orders")
        .select(*LISTING, "ts")
        .join(listings.select(*LISTING, "begins"), on=LISTING)
        .with_columns(first=pl.col("ts").min().over(LISTING))
        .with_columns(
            on_session=(pl.col("ts") - pl.col("begins")).dt.total_seconds(),
            on_listing=(pl.col("ts") - pl.col("first")).dt.total_seconds(),
        )
        .join(spells.select(*LISTING, ran_out=pl.lit(True)).unique(), on=LISTING, how="left")
        .with_columns(pl.col("ran_out").fill_null(False))
    )


def _available(spells: pl.DataFrame, offsets: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    usual = offsets.filter(~pl.col("ran_out"))
    own_clock = _crowds_on_listing(usual)
    clock = "on_listing" if own_clock else "on_session"
    curve = np.sort(usual[clock].cast(pl.Float64).to_numpy())
    zero = offsets.select(*LISTING, "first").unique()
    dated = spells.join(listings.select(*LISTING, "begins"), on=LISTING).join(zero, on=LISTING, how="left")
    origin = pl.coalesce("first", "begins") if own_clock else pl.col("begins")
    lost = dated.with_columns(
        a=_share(dated.select((pl.col("from_ts") - origin).dt.total_seconds()).to_series(), curve),
        b=_share(dated.select((pl.col("until_ts") - origin).dt.total_seconds()).to_series(), curve),
    )
    return lost.group_by(LISTING).agg(
        available_share=(1 - (pl.col("b") - pl.col("a")).clip(0.0).sum()).clip(0.0, 1.0).round(6)
    )


def _crowds_on_listing(usual: pl.DataFrame) -> bool:
    several = usual.filter(pl.len().over(LISTING) > 1, pl.col("on_listing") > 0)
    own, session = several["on_listing"].std(), several["on_session"].std()
    return isinstance(own, float) and isinstance(session, float) and own < NARROWER * session


def _share(offsets: pl.Series, curve: "np.typing.NDArray[np.float64]") -> pl.Series:
    """The share of usual arrivals before an offset; all of them for null."""
    if not len(curve):
        return pl.Series(np.where(offsets.is_null().to_numpy(), 1.0, 0.0))
    at = offsets.cast(pl.Float64).fill_null(float("inf")).to_numpy()
    return pl.Series(np.searchsorted(curve, at) / len(curve))


def _intent(known: pl.DataFrame, tables: Tables, spells: pl.DataFrame) -> pl.DataFrame:
    """Carts times usual units per cart, for listings that ran out; empty where carts stop with the stock."""
    carts = _carts(tables)
    total = carts.group_by(LISTING).agg(pl.col("count").sum().alias("carts"))
    began = spells.group_by(LISTING).agg(pl.col("from_ts").min())
    after = carts.join(began, on=LISTING).filter(pl.col("ts") > pl.col("from_ts")).select(LISTING).unique()
    nothing = known.head(0).select(*LISTING, by_intent=pl.lit(None, pl.Float64))
    if not began.height or after.height < HEARD * began.height:
        return nothing
    usual = known.filter(~pl.col("censored")).join(total, on=LISTING)
    carted, sold = float(usual["carts"].sum()), float(usual["sales_units"].sum())
    if carted <= 0:
        return nothing
    per_cart = sold / carted
    kin = usual.group_by("product_id").agg(pl.col("carts").sum().alias("c"), pl.col("sales_units").sum().alias("s"))
    rate = (pl.col("s").fill_null(0) + KIN_CARTS * per_cart) / (pl.col("c").fill_null(0) + KIN_CARTS)
    return (
        known.filter("censored")
        .join(total, on=LISTING)
        .join(kin, on="product_id", how="left")
        .select(*LISTING, by_intent=pl.col("carts") * rate)
    )


def _carts(tables: Tables) -> pl.DataFrame:
    raw = facts(tables["events"].filter(pl.col("kind") == "add_to_cart"), "events")
    counted = facts(tables["event_counts"].filter(pl.col("kind") == "add_to_cart"), "event_counts")
    return pl.concat(
        [
            raw.select(*LISTING, "ts", count=pl.lit(1, pl.Int64)),
            counted.select(*LISTING, "count", ts="minute").select(*LISTING, "ts", "count"),
        ]
    )
