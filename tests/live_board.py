"""A board of one session as a live page shows it, every text the given one; and what a page made of it says."""

import html as markup
import re
from datetime import UTC, datetime, timedelta

import polars as pl

from stocking.acts.advise import ALERTS, alert_ids
from stocking.acts.audiences import HISTORY, LISTINGS, Board
from stocking.acts.page import Status, pages

NOW = datetime(2024, 6, 24, 12, 40, tzinfo=UTC)
"""20:40 in Shanghai."""
STATUS = Status(7, NOW, "all rooms heard 3 seconds ago", False, 5, "Asia/Shanghai", "CNY")
TEXTS = ("session_id", "product_id", "merchant_id", "supplier_id", "anchor_id", "room_id", "title", "category")
KINDS = ("sell_out", "sell_out_off", "convert", "reallocate", "slow_down", "speed_up", "swap", "feed_silent")


def boards(listings):
    """Builds boards: products of one reader with some history and an alert of each kind; every text the given one."""

    def build(text="word", products=1, ticks=3, **changes):
        texts = dict.fromkeys(TEXTS, text)
        rows = [
            texts | {"product_id": f"{text}{at}" if at else text, "cutoff": NOW, "sell_out_chance": 0.8,
                     "minute_low": 16.7, "minute_mid": 30.0, "minute_high": None} | changes
            for at in range(products)
        ]  # fmt: skip
        known = listings(*rows).select(pl.col(name).cast(dtype) for name, dtype in LISTINGS.items())
        history = [
            {"cutoff": NOW - timedelta(minutes=back), "session_id": text, "product_id": row["product_id"],
             "sold_units": 20 - back % 20, "demand_p10": 28.0, "demand_p50": 60.0, "demand_p90": 92.0,
             "stock_units": 40}
            for row in rows for back in range(ticks)
        ]  # fmt: skip
        alerts = [
            texts | {"tick": 7 - at, "cutoff": NOW - timedelta(minutes=at), "kind": kind, "units": 1_200, "by": NOW,
                     "minute_mid": 30.0, "to_session_id": text, "to_product_id": text, "value": 1_234.5, "reason": text}
            for at, kind in enumerate((*KINDS, text))
        ]  # fmt: skip
        told = pl.DataFrame(alerts, schema=ALERTS)
        return Board(told.with_columns(alert_ids(told)), known, pl.DataFrame(history, schema=HISTORY))

    return build


def page(board, audience="merchant", status=STATUS):
    (made,) = pages(board, status, (audience,)).values()
    return made


def said(content):
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", markup.unescape(text))
