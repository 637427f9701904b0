"""What keeps the contract and can still hardly be true: another unit, another time zone, another product, a gap."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from features.contracts import Tables
from features.known import known_at
from features.plausible_settings import Plausible

_HOUR = timedelta(hours=1)
_MOST_NAMED = 3
_ALIKE, _CLEARER = 0.7, 0.5
"""Two spreads over the day that are so alike are one; a shift has to explain them so much better than none."""


def doubts(tables: Tables, excess: pl.DataFrame, cutoff: datetime, settings: Plausible) -> Sequence[str]:
    """Everything odd about what was known before a cutoff, a sentence each; nothing where all looks as usual.

    Args:
        tables: landing tables, the orders without what `features.bursts.excess` found.
        excess: that.
        cutoff: of the list that is made from them.
        settings: from when on something is odd.
    """
    known = {
        name: frame.filter(known_at(name) < cutoff) for name, frame in tables.items() if "received_at" in frame.columns
    }
    since = cutoff - timedelta(days=settings.days)
    return [
        *prices(known, since, settings),
        *reused(known["products"]),
        *outside(known, since, settings),
        *moved(known["orders"], since, settings),
        *ahead_of_arrival(known, since, settings),
        *gaps(known, since, cutoff, settings),
        *bursts(excess.filter(pl.col("minute") >= since, pl.col("minute") < cutoff), settings),
    ]


def prices(known: Tables, since: datetime, settings: Plausible) -> list[str]:
    """Whether many prices are a large multiple or fraction of what they were, or of what stands beside them."""
    told = known["lineups"].with_columns(known_at("lineups"))
    fresh = told.filter(pl.col("known_at") >= since).group_by("product_id").agg(now=pl.col("price").median())
    before = told.filter(pl.col("known_at") < since).group_by("product_id").agg(then=pl.col("price").median())
    listed = known["products"].group_by("product_id").agg(then=pl.col("list_price").median())
    costs = known["products"].group_by("product_id").agg(now=pl.col("unit_cost").median()).drop_nulls()
    sold = known["orders"].filter(pl.col("ts") >= since).group_by("product_id").agg(now=pl.col("unit_price").median())
    asked = told.group_by("product_id").agg(then=pl.col("price").median())
    pairs = {
        ("prices in line-ups", "before"): fresh.join(before, on="product_id"),
        ("prices in line-ups", "list prices"): fresh.join(listed, on="product_id"),
        ("prices in orders", "those in line-ups"): sold.join(asked, on="product_id"),
        ("unit costs", "list prices"): costs.join(listed, on="product_id"),
    }
    return [line for names, pair in pairs.items() for line in _apart(names, pair, settings)]


def _apart(names: tuple[str, str], pair: pl.DataFrame, settings: Plausible) -> list[str]:
    ratios = pair.filter(pl.col("now") > 0, pl.col("then") > 0).select(times=pl.col("now") / pl.col("then"))["times"]
    far = ratios.filter((ratios >= settings.price_factor) | (ratios * settings.price_factor <= 1))
    if not len(far) or len(far) < settings.price_share * len(ratios):
        return []
    low, high = float(far.min()), float(far.max())  # type: ignore[arg-type]
    share = f"{len(far) / len(ratios):.0%} of {len(ratios):,} products"
    return [f"{names[0]} of {share} are {low:.4g} to {high:.4g} times {names[1]}: is it another unit of money?"]


def reused(products: pl.DataFrame) -> list[str]:
    """Whether a product's id names another thing than before: another merchant's, or of other title and category."""
    told = products.group_by("product_id").agg(
        pl.col("merchant_id", "title", "category").n_unique().name.suffix("s"),
        pl.col("title").unique().sort().str.slice(0, 30).str.join("', '").alias("named"),
    )
    twice = told.filter((pl.col("merchant_ids") > 1) | ((pl.col("titles") > 1) & (pl.col("categorys") > 1))).sort(
        "product_id"
    )
    if twice.is_empty():
        return []
    some = twice.head(_MOST_NAMED).select(pl.format("{} ('{}')", pl.col("product_id").str.slice(0, 40), "named"))
    examples = ", ".join(some.to_series())
    return [f"{twice.height:,} product ids name another product than before: {examples}; its history counts for both"]


def outside(known: Tables, since: datetime, settings: Plausible) -> list[str]:
    """Whether many orders or events lie hours before their session begins or after it ends."""
    begins = pl.coalesce(pl.col("started_at").min(), pl.col("scheduled_at").last())
    planned = pl.duration(minutes=pl.col("planned_minutes").max().fill_null(24 * 60))
    spans = (
        known["sessions"]
        .group_by("session_id")
        .agg(begins=begins, ends=pl.max_horizontal(pl.col("ended_at").max(), begins + planned))
    )
    return [line for name in ("orders", "events") for line in _outside(name, known[name], spans, (since, settings))]


def _outside(name: str, rows: pl.DataFrame, spans: pl.DataFrame, asked: tuple[datetime, Plausible]) -> list[str]:
    since, settings = asked
    off = (
        rows.filter(pl.col("ts") >= since)
        .join(spans, on="session_id")
        .select(
            hours=pl.when(pl.col("ts") < pl.col("begins"))
            .then(pl.col("ts") - pl.col("begins"))
            .when(pl.col("ts") > pl.col("ends"))
            .then(pl.col("ts") - pl.col("ends"))
            .otherwise(timedelta())
            .dt.total_minutes()
            / 60.0
        )["hours"]
    )
    far = off.filter(off.abs() * 60.0 > settings.outside_minutes)
    if len(off) < settings.least_rows or len(far) < settings.outside_share * len(off):
        return []
    middle = float(far.median())  # type: ignore[arg-type]
    share = f"{len(far) / len(off):.0%} of {len(off):,} {name}"
    where = f"{abs(middle):.1f} h {'before their sessions begin' if middle < 0 else 'after their sessions end'}"
    return [f"{share} lie outside their sessions, mostly {where}: is it the time zone?"]


def moved(orders: pl.DataFrame, since: datetime, settings: Plausible) -> list[str]:
    """Whether the orders of the last days came at the usual hours of the day, but for a shift of all of them."""
    hours = pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int8})
    parts = (orders.filter(pl.col("ts") < since), orders.filter(pl.col("ts") >= since))
    if min(part.height for part in parts) < settings.least_rows:
        return []
    then, now = (
        hours.join(part.group_by(hour=pl.col("ts").dt.hour()).len(), on="hour", how="left", maintain_order="left")[
            "len"
        ]
        .fill_null(0)
        .cast(pl.Float64)
        for part in parts
    )
    alike = [_cosine(then, pl.concat([now[shift:], now[:shift]])) for shift in range(24)]
    best = max(range(24), key=lambda shift: alike[shift])
    later = (best + 11) % 24 - 11
    if abs(later) < settings.moved_hours or alike[best] < max(_ALIKE, alike[0] + _CLEARER):
        return []
    way = "later" if later > 0 else "earlier"
    return [f"orders come at the hours of the day of before, {abs(later)} h {way}: is it the time zone?"]


def _cosine(one: pl.Series, other: pl.Series) -> float:
    mine, its = pl.col("one"), pl.col("other")
    share = (mine * its).sum() / ((mine**2).sum() * (its**2).sum()).sqrt()
    alike: float = pl.DataFrame({"one": one, "other": other}).select(share).item()
    return alike


def ahead_of_arrival(known: Tables, since: datetime, settings: Plausible) -> list[str]:
    """Whether many rows were learnt of before they happened, which no honest clock says."""
    told = []
    for name in ("orders", "events"):
        rows = known[name].filter(pl.col("received_at") >= since)
        early = rows.filter(pl.col("ts") - pl.col("received_at") > pl.duration(minutes=settings.outside_minutes))
        if rows.height >= settings.least_rows and early.height >= settings.outside_share * rows.height:
            told.append(
                f"{early.height / rows.height:.0%} of {rows.height:,} {name} were received before they happened"
            )
    return told


def gaps(known: Tables, since: datetime, cutoff: datetime, settings: Plausible) -> list[str]:
    """Whether nothing was heard in whole hours in which sessions went on, where usually much is."""
    ran = (
        known["sessions"].group_by("session_id").agg(pl.col("started_at").min(), pl.col("ended_at").min()).drop_nulls()
    )
    hours = (
        ran.filter(pl.col("ended_at") > since, pl.col("started_at") < cutoff, pl.col("ended_at") > pl.col("started_at"))
        .select(
            hour=pl.datetime_ranges(
                (pl.col("started_at") + (_HOUR - timedelta(microseconds=1))).dt.truncate("1h"),
                pl.col("ended_at").dt.truncate("1h") - _HOUR,
                "1h",
            )
        )
        .explode("hour")
        .drop_nulls()
        .unique()
        .filter(pl.col("hour") >= since, pl.col("hour") + _HOUR <= cutoff)
    )
    instants = {
        "orders": known["orders"]["ts"],
        "events": pl.concat([known["events"]["ts"], known["event_counts"]["minute"]]),
    }
    return [line for name, heard in instants.items() for line in _gaps(name, heard, hours, settings)]


def _gaps(name: str, instants: pl.Series, hours: pl.DataFrame, settings: Plausible) -> list[str]:
    heard = instants.dt.truncate("1h").alias("hour").to_frame().group_by("hour").len()
    counted = hours.join(heard, on="hour", how="left").with_columns(pl.col("len").fill_null(0))
    silent = counted.filter(pl.col("len") == 0).sort("hour")
    usual = counted["len"].median()
    if silent.is_empty() or not isinstance(usual, float) or usual < settings.hour_rows:
        return []
    first = silent["hour"][0]
    return [f"no {name} in {silent.height} of {hours.height} hours with sessions, the first {first:%Y-%m-%d %H:%M} UTC"]


def bursts(excess: pl.DataFrame, settings: Plausible) -> list[str]:
    """How many orders do not count, as one viewer made too many of them in a minute."""
    if excess.is_empty():
        return []
    viewers, listings = excess["viewer_id"].n_unique(), excess.select("session_id", "product_id").n_unique()
    most = f"{viewers:,} viewers made more than {settings.burst_orders} in a minute, for {listings:,} listings"
    return [f"{excess.height:,} orders do not count: {most}"]
