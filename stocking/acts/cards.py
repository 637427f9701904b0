"""The cards of a live page: a product's curve and where it stands, by session."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl
from markupsafe import Markup

from stocking.acts.audiences import Share
from stocking.acts.curves import curves, drawing, marks
from stocking.acts.situation import KEY
from stocking.acts.texts import TEXTS
from stocking.papers.voice import DASH, Voice, shortened

MOST_CURVES = 12
MOST_MARKS = 6
MOST_LETTERS = 60

Row = dict[str, Any]


def placed(parts: Sequence[Share], name: str) -> pl.DataFrame:
    """The alerts, listings or history of several readers, each row with its reader's `place`."""
    frames: list[pl.DataFrame] = [getattr(share, name) for share in parts]
    return pl.concat([frame.with_columns(place=pl.lit(at)) for at, frame in enumerate(frames)])


def cards(parts: Sequence[Share], voice: Voice) -> Iterator[Mapping[str, object]]:
    """For each reader of one kind: `sessions` with their cards, those of most money or sales first.

    Also `has_curves` and `has_demand`, whether such a reader sees curves and demand at all, and `more_curves`, how many
    products are not drawn.
    """
    has_curves, has_demand = bool(parts[0].history.width), "demand_p50" in parts[0].history.columns
    rows = _drawn(parts, voice) if has_curves else {}
    for place in range(len(parts)):
        mine = rows.get(place, [])
        yield {
            "has_curves": has_curves,
            "has_demand": has_demand,
            "sessions": _sessions(mine, voice),
            "more_curves": max(mine[0]["among"] - MOST_CURVES, 0) if mine else 0,
        }


def _drawn(parts: Sequence[Share], voice: Voice) -> Mapping[int, Sequence[Row]]:
    """Each reader's chosen listings with their pictures, session by session."""
    history = placed(parts, "history").drop("place")
    chosen = _chosen(placed(parts, "listings").join(history, on=KEY, how="semi", maintain_order="left"))
    drawn = curves(history.join(chosen, on=KEY, how="semi"), chosen)
    told = marks(placed(parts, "alerts"), drawn, MOST_MARKS)
    rows = (
        chosen
        .join(drawn, on=KEY, how="inner", maintain_order="left")
        .join(told, on=KEY, how="left", maintain_order="left")
        .with_columns(pl.col("start", "end", "ends").dt.convert_time_zone(str(voice.zone)).dt.strftime("%H:%M"))
        .sort("place", pl.col("rank").min().over("place", "session_id"), "rank")
    )  # fmt: skip
    return {place: list(some) for place, some in groupby(rows.iter_rows(named=True), key=lambda row: row["place"])}


def _chosen(listings: pl.DataFrame) -> pl.DataFrame:
    """Of each reader those expected to take in most, where the reader may know; else those that sold most."""
    by_money = {"price", "demand_p50"} <= set(listings.columns)
    money = (pl.col("price").fill_null(1.0) * pl.col("demand_p50")).round(2) if by_money else pl.col("sold_units")
    return (
        listings
        .sort("place", money, *KEY, descending=[False, True, False, False])
        .with_columns(rank=pl.int_range(pl.len()).over("place"), among=pl.len().cast(pl.Int64).over("place"))
        .filter(pl.col("rank") < MOST_CURVES)
    )  # fmt: skip


def _sessions(rows: Sequence[Row], voice: Voice) -> Sequence[Row]:
    return [
        {
            "title": TEXTS["session"].format(session=session),
            "until": TEXTS["until"].format(hour=until) if until else "",
            "cards": [_card(row, voice) for row in some],
        }
        for (session, until), some in groupby(rows, key=lambda row: (row["session_id"], row["ends"]))
    ]


def _card(row: Row, voice: Voice) -> Row:
    stock = min((row[name] for name in ("stock_units", "units_offered") if row.get(name) is not None), default=None)
    left = None if stock is None else max(stock - row["sold_units"], 0)
    minutes = row["minute_mid"]
    return {
        "product_id": row["product_id"],
        "title": shortened(row["title"] or row["product_id"], MOST_LETTERS),
        "picture": Markup(drawing(row, voice)),  # noqa: S704 - numbers and our own words alone
        "is_told": bool(row["mark_x"]),
        "sold": voice.count(row["sold_units"]),
        "left": voice.count(left),
        "is_gone": left == 0,
        "expected": voice.count(row.get("demand_p50")),
        "range": _span(row.get("demand_p10"), row.get("demand_p90"), voice),
        "minutes": DASH if minutes is None or left == 0 else TEXTS["minutes"].format(mid=voice.count(minutes)),
        "span": "" if left == 0 else _span(row["minute_low"], row["minute_high"], voice),
    }


def _span(low: float | None, high: float | None, voice: Voice) -> str:
    text = TEXTS["later" if high is None else "span"]
    return "" if low is None else text.format(low=voice.count(low), high=voice.count(high))
