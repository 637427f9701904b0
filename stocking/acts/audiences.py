"""Who may see what while sessions are live: one table, and the one function that cuts by it.

Rows are cut first, then columns. A hint that sends viewers to another merchant's product tells its merchant that it was
given and why, not for which product and not what that is worth. No reason names a product or an amount of money. An
anchor sees of a listing's goods those that may be sold in the session (`units_offered`), not what lies beyond them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from stocking.acts.advise import ALERTS, LISTING_KINDS
from stocking.acts.sell_out import SELL_OUT
from stocking.acts.situation import KEY, LISTING, NOWCAST
from stocking.lines import INSTANT, LEVELS

Audience = Literal["merchant", "supplier", "anchor", "logistics", "operator"]

LISTINGS = NOWCAST | LISTING | SELL_OUT
"""What is known of each listing now (`stocking.acts.sell_out.sell_outs`)."""

HISTORY = pl.Schema({
    "cutoff": INSTANT,
    "session_id": pl.String(),
    "product_id": pl.String(),
    "sold_units": pl.Int64(),
    "demand_p10": pl.Float64(),
    "demand_p50": pl.Float64(),
    "demand_p90": pl.Float64(),
    "stock_units": pl.Int64(),
})  # fmt: skip
"""What was known of each listing at earlier cutoffs and at the last one."""

_MINUTES = ("minute_low", "minute_mid", "minute_high")
_NAMES = {"title": pl.String(), "to_title": pl.String()}


@dataclass(frozen=True, eq=False)
class View:
    """What one kind of reader sees.

    Attributes:
        reader: the column whose value says whose row it is; None: all rows are for the one reader there is.
        nobody: whether rows that name no reader are shown to a reader without a name.
        kinds: of alerts; None: all.
        alerts: columns of `ALERTS`, and the products' titles.
        listings: columns of `LISTINGS`; none: no listings are shown.
        history: columns of `HISTORY`.
    """

    reader: str | None
    nobody: bool
    kinds: tuple[str, ...] | None
    alerts: tuple[str, ...]
    listings: tuple[str, ...] = ()
    history: tuple[str, ...] = ()


VIEWS: dict[Audience, View] = {
    "merchant": View(
        reader="merchant_id",
        nobody=True,
        kinds=LISTING_KINDS,
        alerts=(
            "alert_id", "tick", "cutoff", "kind", "session_id", "product_id", "title", "units", "by", *_MINUTES,
            "to_session_id", "to_product_id", "to_title", "value", "reason",
        ),
        listings=(
            "session_id", "product_id", "title", "category", "price", "scheduled_at", "ends", "cutoff", "minutes_open",
            "sold_units", "p_hit", "demand_mean", *LEVELS, "stock_units", "units_offered", "reserve_units", *SELL_OUT,
        ),
        history=tuple(HISTORY),
    ),
    "supplier": View(
        reader="supplier_id",
        nobody=False,
        kinds=("convert",),
        alerts=("alert_id", "cutoff", "kind", "product_id", "title", "units", "by"),
    ),
    "anchor": View(
        reader="anchor_id",
        nobody=True,
        kinds=("sell_out", "sell_out_off", "slow_down", "speed_up", "swap"),
        alerts=(
            "alert_id", "tick", "cutoff", "kind", "session_id", "product_id", "title", *_MINUTES, "to_product_id",
            "to_title", "reason",
        ),
        listings=(
            "session_id", "room_id", "product_id", "title", "scheduled_at", "ends", "cutoff", "minutes_open",
            "sold_units", "stock_units", *_MINUTES,
        ),
        history=("cutoff", "session_id", "product_id", "sold_units", "stock_units"),
    ),
    "logistics": View(
        reader=None,
        nobody=True,
        kinds=("convert", "reallocate"),
        alerts=("alert_id", "cutoff", "kind", "session_id", "to_session_id", "product_id", "title", "units", "by"),
    ),
    "operator": View(
        reader=None,
        nobody=True,
        kinds=None,
        alerts=(*ALERTS, *_NAMES),
        listings=tuple(LISTINGS),
        history=tuple(HISTORY),
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Board:
    """All that is known while sessions are live: frames of `ALERTS`, `LISTINGS` and `HISTORY`."""

    alerts: pl.DataFrame
    listings: pl.DataFrame
    history: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Share:
    """One reader's part of the board; `reader` is None where it is not known, and for logistics and operators."""

    audience: Audience
    reader: str | None
    alerts: pl.DataFrame
    listings: pl.DataFrame
    history: pl.DataFrame


def shares(board: Board, audiences: Sequence[Audience] = tuple(VIEWS)) -> list[Share]:
    """Each reader's part of the alerts, of what is known now and of what was known before, newest alerts first.

    Who has neither an alert nor a listing to see gets none; logistics and operators always do.

    Returns:
        By audience, in each by the reader's id, unknown readers last.
    """
    named = _named(board)
    return [share for audience in audiences for share in _cut(audience, VIEWS[audience], named)]


def _named(board: Board) -> Board:
    """Rows in order, alerts with titles, history with its owners."""
    who = board.listings.select(*KEY, "title", "merchant_id", "supplier_id", "anchor_id", "units_offered")
    to = who.select(*(pl.col(name).alias(f"to_{name}") for name in (*KEY, "title", "merchant_id")))
    at = pl.coalesce("to_session_id", "session_id")
    alerts = (
        board.alerts
        .sort("tick", *KEY, "kind", descending=[True, False, False, False], nulls_last=True)
        .join(who.select(*KEY, "title"), on=KEY, how="left", maintain_order="left")
        .with_columns(_at=at)
        .join(to, left_on=["_at", "to_product_id"], right_on=["to_session_id", "to_product_id"], how="left",
              maintain_order="left")
    )  # fmt: skip
    history = board.history.sort(*KEY, "cutoff").join(who, on=KEY, how="left", maintain_order="left")
    return Board(alerts, board.listings.sort(KEY), history)


def _cut(audience: Audience, view: View, board: Board) -> Iterator[Share]:
    alerts = board.alerts if view.kinds is None else board.alerts.filter(pl.col("kind").is_in(view.kinds))
    told = _without_others(alerts) if audience == "merchant" else alerts
    live = (board.listings, board.history)
    now, before = map(_on_sale, live) if audience == "anchor" else live
    parts = [(told, view.alerts), (now, view.listings), (before, view.history)]
    cut = [(_by_reader(frame, view.reader, columns), frame.select(columns).clear()) for frame, columns in parts]
    for reader in _readers(view, alerts, board.listings):
        yield Share(audience, reader, *(rows.get(reader, none) for rows, none in cut))


def _readers(view: View, alerts: pl.DataFrame, listings: pl.DataFrame) -> list[str | None]:
    if view.reader is None:
        return [None]
    every = pl.concat([alerts[view.reader], listings[view.reader]]).unique().sort(nulls_last=True)
    return (every if view.nobody else every.drop_nulls()).to_list()


def _by_reader(frame: pl.DataFrame, reader: str | None, columns: Sequence[str]) -> dict[str | None, pl.DataFrame]:
    """The rows of each reader who has some."""
    if reader is None:
        return {None: frame.select(columns)}
    mine = frame.select(*columns, pl.col(reader).alias("_reader")).partition_by(
        "_reader", as_dict=True, include_key=False, maintain_order=True
    )
    return {key: rows for (key,), rows in mine.items()}


def _on_sale(frame: pl.DataFrame) -> pl.DataFrame:
    """Goods up to the units that are offered."""
    return frame.with_columns(stock_units=pl.min_horizontal("stock_units", "units_offered"))


def _without_others(alerts: pl.DataFrame) -> pl.DataFrame:
    """Another merchant's product, which is no longer named, nor what showing it would be worth."""
    is_own = pl.col("to_product_id").is_null() | pl.col("merchant_id").eq_missing(pl.col("to_merchant_id"))
    return alerts.with_columns(pl.when(is_own).then(pl.col("to_session_id", "to_product_id", "to_title", "value")))
