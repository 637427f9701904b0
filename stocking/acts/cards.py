"""The cards of a live page: a product's curve and where it stands, by session."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl
from markupsafe import Markup

from stocking.acts.audiences import Share
from stocking.acts.curves import curves, drawing, marks
from stocking.acts.situation import KEY
from stocking.acts.texts import TEXTS, UNKNOWN, WHEN
from stocking.papers.voice import DASH, Voice, shortened

MOST_CURVES = 12
MOST_MARKS = 6
MOST_LETTERS = 60
_UNDER_WAY, _OVER, _WAITING = 0, 1, 2

Row = dict[str, Any]


def placed(parts: Sequence[Share], name: str) -> pl.DataFrame:
    """The alerts, listings or history of several readers, each row with its reader's `place`."""
    frames: list[pl.DataFrame] = [getattr(share, name) for share in parts]
    return pl.concat([frame.with_columns(place=pl.lit(at)) for at, frame in enumerate(frames)])


def clock(instant: str, now: str, voice: Voice) -> pl.Expr:
    """A column of instants as hours of the reader's clock, with the day where it is another than that of `now`."""
    here, there = (pl.col(name).dt.convert_time_zone(str(voice.zone)) for name in (now, instant))
    is_near = here.dt.date() == there.dt.date()
    return pl.when(is_near).then(there.dt.strftime("%H:%M")).otherwise(there.dt.strftime("%b %-d %H:%M"))


def cards(parts: Sequence[Share], voice: Voice) -> Iterator[Mapping[str, object]]:
    """For each reader of one kind: `sessions` with their cards, those under way first, then by money or sales.

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
    drawn = curves(_since_begun(history, chosen), chosen)
    told = marks(placed(parts, "alerts"), drawn, MOST_MARKS)
    rows = (
        chosen
        .join(drawn, on=KEY, how="inner", maintain_order="left")
        .join(told, on=KEY, how="left", maintain_order="left")
        .with_columns(clock(name, "cutoff", voice) for name in ("start", "end", "scheduled_at", "ends"))
        .sort("place", pl.col("rank").min().over("place", "session_id"), "rank")
    )  # fmt: skip
    return {place: list(some) for place, some in groupby(rows.iter_rows(named=True), key=lambda row: row["place"])}


def _chosen(listings: pl.DataFrame) -> pl.DataFrame:
    """Of each reader those under way, of them those expected to take in most or, if that is not told, that sold most.

    Adds `turn`, whether their session is under way; their stock is what they can sell, never more than is offered.
    """
    begun = (pl.col("scheduled_at") <= pl.col("cutoff")) | pl.col("minutes_open").is_not_null()
    is_over = (pl.col("ends") <= pl.col("cutoff")).fill_null(value=False)
    turn = pl.when(~begun.any().over("place", "session_id")).then(_WAITING).when(is_over).then(_OVER)
    stock = [name for name in ("stock_units", "units_offered") if name in listings.columns]
    by_money = {"price", "demand_p50"} <= set(listings.columns)
    money = (pl.col("price").fill_null(1.0) * pl.col("demand_p50")).round(2) if by_money else pl.col("sold_units")
    return (
        listings
        .with_columns(pl.min_horizontal(stock).alias("stock_units"), turn=turn.otherwise(_UNDER_WAY))
        .sort("place", "turn", money, *KEY, descending=[False, False, True, False, False])
        .with_columns(rank=pl.int_range(pl.len()).over("place"), among=pl.len().cast(pl.Int64).over("place"))
        .filter(pl.col("rank") < MOST_CURVES)
    )  # fmt: skip


def _since_begun(history: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The history of the chosen listings, of a session that has begun without the wait for it; their stock as above."""
    told = chosen.select(*KEY, "scheduled_at", "stock_units", now="cutoff")
    is_wait = (pl.col("sold_units") == 0) & (pl.col("cutoff") < pl.col("scheduled_at"))
    is_left_out = is_wait & (pl.col("scheduled_at") < pl.col("now"))
    return (
        history.drop("stock_units")
        .join(told, on=KEY, how="inner", maintain_order="left")
        .filter(~is_left_out.fill_null(value=False))
        .select(history.columns)
    )


def _sessions(rows: Sequence[Row], voice: Voice) -> Sequence[Row]:
    return [
        {
            "title": TEXTS["session"].format(session=session),
            "when": WHEN[turn].format(begin=begin or UNKNOWN, end=end or UNKNOWN),
            "cards": [_card(row, voice) for row in some],
        }
        for (session, begin, end, turn), some in groupby(rows, key=_of_session)
    ]


def _of_session(row: Row) -> tuple[str, str | None, str | None, int]:
    return row["session_id"], row["scheduled_at"], row["ends"], row["turn"]


def _card(row: Row, voice: Voice) -> Row:
    stock = row["stock_units"]
    rest = None if stock is None else stock - row["sold_units"]
    left = None if rest is None else max(rest, 0)
    minutes = row["minute_mid"]
    return {
        "product_id": row["product_id"],
        "title": shortened(row["title"] or row["product_id"], MOST_LETTERS),
        "picture": Markup(drawing(row, voice)),  # noqa: S704 - numbers and our own words alone
        "is_told": bool(row["mark_x"]),
        "sold": voice.count(row["sold_units"]),
        "left": voice.count(left),
        "is_gone": left == 0,
        "over": "" if rest is None or rest >= 0 else TEXTS["over"].format(count=voice.count(-rest)),
        "expected": voice.count(row.get("demand_p50")),
        "range": _span(row.get("demand_p10"), row.get("demand_p90"), voice),
        "minutes": DASH if minutes is None or left == 0 else TEXTS["minutes"].format(mid=voice.count(minutes)),
        "span": "" if left == 0 else _span(row["minute_low"], row["minute_high"], voice),
    }


def _span(low: float | None, high: float | None, voice: Voice) -> str:
    text = TEXTS["later" if high is None else "span"]
    return "" if low is None else text.format(low=voice.count(low), high=voice.count(high))
