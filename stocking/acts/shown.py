"""What a live page tells each reader: its facts, its alerts in words, its products' cards.

All readers of one kind are worked on at once, from what was cut for them; a row hangs on its own reader's rows alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

import polars as pl

from stocking.acts.audiences import Audience, Share
from stocking.acts.cards import Row, cards, clock, placed
from stocking.acts.situation import KEY
from stocking.acts.texts import ANOTHER_PRODUCT, DEEDS, FACTS, HEADLINES, REPLACED, UNKNOWN
from stocking.papers.voice import Voice

MOST_ALERTS = 30
_PRODUCTS: frozenset[Audience] = frozenset({"supplier", "logistics"})


def shown(parts: Sequence[Share], cutoff: datetime, voice: Voice) -> Iterator[tuple[Share, Mapping[str, object]]]:
    """Each reader's share with all that its page asks for beside it."""
    for _, group in groupby(parts, key=lambda share: share.audience):
        alike = list(group)
        every = zip(alike, _fronts(alike, voice), cards(alike, voice), _alerts(alike, cutoff, voice), strict=True)
        for share, front, pictures, told in every:
            yield share, {**front, **pictures, "alerts": told}


def _fronts(parts: Sequence[Share], voice: Voice) -> Iterator[Mapping[str, object]]:
    """Headline and facts."""
    alerts, listings = placed(parts, "alerts"), placed(parts, "listings")
    told = _by_place(alerts.group_by("place").agg(pl.len().alias("alerts"), pl.col("product_id").n_unique()))
    begun = pl.col("session_id").filter(pl.col("scheduled_at") <= pl.col("cutoff")).n_unique()
    counts = {"sessions": begun, "open": pl.col("minutes_open").count()}
    live = _by_place(listings.group_by("place").agg(**counts)) if "session_id" in listings.columns else None
    for place, share in enumerate(parts):
        mine = {"alerts": 0, "product_id": 0} | told.get(place, {})
        here = {} if live is None else {"sessions": 0, "open": 0} | live.get(place, {})
        count = mine["product_id" if share.audience in _PRODUCTS else "alerts"]
        numbers = [(name, here[name]) for name in here if name != "place"] + [("alerts", mine["alerts"])]
        yield {
            "headline": HEADLINES[share.audience][min(int(count), 2)].format(count=voice.count(count)),
            "facts": [(voice.count(number), FACTS[name][int(number != 1)]) for name, number in numbers],
            "has_value": "value" in alerts.columns,
            "more_alerts": max(mine["alerts"] - MOST_ALERTS, 0),
        }


def _by_place(frame: pl.DataFrame) -> Mapping[int, Row]:
    return {row["place"]: row for row in frame.iter_rows(named=True)}


def _alerts(parts: Sequence[Share], cutoff: datetime, voice: Voice) -> Iterator[Sequence[Row]]:
    """The newest alerts of each reader in words."""
    columns = parts[0].alerts.columns
    by = [clock("by", "cutoff", voice)] if "by" in columns else []
    newest = (
        placed(parts, "alerts")
        .with_columns(is_past=_is_past() if "session_id" in columns else pl.lit(value=False))
        .group_by("place", maintain_order=True)
        .head(MOST_ALERTS)
        .sort("place", maintain_order=True)
        .with_columns(is_new=pl.col("cutoff") == cutoff, now=pl.lit(cutoff, pl.Datetime("us", "UTC")))
        .with_columns(*by, clock("cutoff", "now", voice))
    )
    rows = {place: list(some) for place, some in groupby(newest.iter_rows(named=True), key=lambda row: row["place"])}
    for place in range(len(parts)):
        yield [_alert(row, voice) for row in rows.get(place, [])]


def _is_past() -> pl.Expr:
    """Whether something newer of its listing says in its stead how things stand."""
    way = pl.col("kind").str.strip_suffix("_off")
    is_last = pl.int_range(pl.len()).over("place", *KEY, way) == 0
    return way.is_in(REPLACED) & ~is_last


def _alert(row: Row, voice: Voice) -> Row:
    deed = DEEDS.get(row["kind"], "").format(
        units=voice.count(row.get("units")),
        by=row.get("by") or UNKNOWN,
        to_session=row.get("to_session_id") or UNKNOWN,
        to_title=row.get("to_title") or row.get("to_product_id") or ANOTHER_PRODUCT,
    )
    return {
        "hour": row["cutoff"],
        "is_new": row["is_new"],
        "is_past": row["is_past"],
        "kind": row["kind"],
        "title": row["title"] or row["product_id"] or row.get("session_id") or UNKNOWN,
        "session_id": row.get("session_id"),
        "deed": deed,
        "reason": row.get("reason"),
        "worth": voice.money(row.get("value")),
    }
