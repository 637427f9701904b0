"""A listing's sales beside what was expected of them: a picture in SVG, made of numbers and our own words alone.

The points of all listings, 1000 across and 1000 up, are worked out at once. A picture hangs on its own listing's rows
alone: each has a scale of its own. The curves are stretched to the card's width, the letters are not.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from stocking.acts.situation import KEY
from stocking.acts.texts import KINDS, TEXTS
from stocking.papers.charts import stride
from stocking.papers.voice import Voice

MOST_POINTS = 48
WIDE = 1000
_TALL, _ABOVE = 0.112, 8.0
"""Pixels of the card a unit of the picture's height, and pixels above it."""
_HEADROOM = 1.08
_STOCK_IN_SIGHT = 1.6


def curves(history: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    """The curves of each listing that has a history, sorted by session and product.

    Args:
        history: columns of `stocking.acts.audiences.HISTORY`, those of demand maybe left out.
        listings: session_id, product_id and `ends`, up to which the picture reaches.

    Returns:
        session_id, product_id; `start` and `end`, instants; `top`, the units at the upper edge; `sold_path`, and
        `middle_path` and `band_path` where demand is told; `now_x`, `now_y`, where sales stand; `stock_y`, null where
        the stock is not known or far above.
    """
    has_demand = "demand_p50" in history.columns
    placed = _placed(_scaled(_thinned(history), listings, has_demand=has_demand))
    line = "M" + pl.col("sold_at").str.join("L")
    above, below = pl.col("demand_p90_at").str.join("L"), pl.col("demand_p10_at").reverse().str.join("L")
    demand = {
        "middle_path": "M" + pl.col("demand_p50_at").str.join("L"),
        "band_path": pl.format("M{}L{}Z", above, below),
    }
    return placed.group_by(KEY, maintain_order=True).agg(
        pl.col("start", "end", "top", "stock_y").last(),
        sold_path=line,
        now_x=pl.col("x").last(),
        now_y=pl.col("sold_y").last(),
        **(demand if has_demand else {}),
    )


def marks(alerts: pl.DataFrame, drawn: pl.DataFrame, most: int) -> pl.DataFrame:
    """Where a listing's last alerts stand in its picture: session_id, product_id and lists of `mark_x`, `mark_kind`."""
    last = alerts.drop_nulls(KEY).group_by(KEY, maintain_order=True).head(most)
    at = (pl.col("cutoff") - pl.col("start")) / (pl.col("end") - pl.col("start"))
    return (
        last.select(*KEY, "cutoff", "kind")
        .join(drawn.select(*KEY, "start", "end"), on=KEY, how="inner", maintain_order="left")
        .with_columns(mark_x=(WIDE * at.clip(0.0, 1.0)).round(0).cast(pl.Int64))
        .group_by(KEY, maintain_order=True)
        .agg("mark_x", mark_kind="kind")
    )  # fmt: skip


def drawing(row: Mapping[str, Any], voice: Voice) -> str:
    """One listing's picture: a row of `curves` and `marks` with its stock; `start` and `end` in words."""
    stock, now = row["stock_y"], (row["now_x"] / 10, _pixels(row["now_y"]))
    paths = [("band", row.get("band_path")), ("expected", row.get("middle_path")), ("actual", row["sold_path"])]
    level = [("stock", f"M0 {stock}H1000")] if stock is not None else []
    name = f"{TEXTS['stock']} {voice.count(row['stock_units'])}"
    told = zip(row["mark_x"] or (), row["mark_kind"] or (), strict=True)
    return "".join([
        f'<svg class="curve" role="img" aria-label="{TEXTS["curves"]}" width="100%" height="138">',
        *_grid(row["top"], voice),
        '<svg y="8" width="100%" height="112" viewBox="0 0 1000 1000" preserveAspectRatio="none">',
        *(f'<path class="{name}" d="{path}"/>' for name, path in [*paths[:2], *level, *paths[2:]] if path),
        "</svg>",
        *(_word("100%", _pixels(stock) - 4, name, "words") for _ in level),
        *(_mark(at / 10, kind) for at, kind in told),
        f'<circle class="dot" cx="{now[0]}%" cy="{now[1]}" r="4"/>',
        _word("0", 134, row["start"], "small"), _word("100%", 134, row["end"], "small"),
        "</svg>",
    ])  # fmt: skip


def _grid(top: float, voice: Voice) -> list[str]:
    """Lines at round numbers of units, each with its number."""
    step = stride(top, 3)
    places = [(step * at, _pixels(WIDE * (1.0 - step * at / top))) for at in range(int(top / step) + 1)]
    return [
        f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>{_word("-6", at + 4, voice.count(units), "small")}'
        for units, at in places
    ]


def _word(across: str, down: float, text: str, look: str) -> str:
    side = "" if across == "0" else ' text-anchor="end"'
    return f'<text class="{look}" x="{across}" y="{down:.1f}"{side}>{text}</text>'


def _mark(across: float, kind: str) -> str:
    known = kind if kind in KINDS else ""
    title = f"<title>{KINDS.get(kind, '')}</title>"
    return (
        f'<svg x="{across}%" y="2" overflow="visible"><path class="mark {known}" d="M-5 0H5L0 7z">{title}</path></svg>'
    )


def _pixels(place: float) -> float:
    return round(_ABOVE + _TALL * place, 1)


def _thinned(history: pl.DataFrame) -> pl.DataFrame:
    """At most about `MOST_POINTS` rows a listing, evenly; the first and the last among them."""
    back = pl.int_range(pl.len()).reverse()
    step = (pl.len() / MOST_POINTS).ceil().cast(pl.Int64)
    is_kept = (back % step == 0) | (back == pl.len().cast(pl.Int64) - 1)
    return history.sort(*KEY, "cutoff").filter(is_kept.over(KEY))


def _scaled(history: pl.DataFrame, listings: pl.DataFrame, *, has_demand: bool) -> pl.DataFrame:
    """Each row with its picture's `start`, `end` and `top`."""
    wanted = [pl.col("demand_p50").max(), pl.col("demand_p90").last()] if has_demand else []
    seen = [pl.col("sold_units").max(), *wanted]
    scale = history.group_by(KEY, maintain_order=True).agg(
        start=pl.col("cutoff").first(), last=pl.col("cutoff").last(),
        seen=pl.max_horizontal(*(one.cast(pl.Float64) for one in seen), 1.0), stock=pl.col("stock_units").last(),
    )  # fmt: skip
    in_sight = pl.when(pl.col("stock") <= _STOCK_IN_SIGHT * pl.col("seen")).then(pl.col("stock"))
    least = pl.col("start") + pl.duration(minutes=1)
    known = scale.join(listings.select(*KEY, "ends"), on=KEY, how="left", maintain_order="left").select(
        *KEY,
        "start",
        end=pl.max_horizontal("last", "ends", least),
        top=_HEADROOM * pl.max_horizontal("seen", in_sight),
    )
    return history.join(known, on=KEY, how="left", maintain_order="left")


def _placed(history: pl.DataFrame) -> pl.DataFrame:
    """Each row with its points; what lies above the picture stands at its edge."""
    units = [name for name in ("sold_units", "demand_p10", "demand_p50", "demand_p90") if name in history.columns]
    across = (pl.col("cutoff") - pl.col("start")) / (pl.col("end") - pl.col("start"))
    return history.with_columns(
        x=(WIDE * across).round(0).cast(pl.Int64),
        stock_y=pl.when(pl.col("stock_units") <= pl.col("top")).then(_down("stock_units")),
        **{f"{name.removesuffix('_units')}_y": _down(name) for name in units},
    ).with_columns(
        pl.concat_str(pl.col("x"), pl.lit(" "), f"{name.removesuffix('_units')}_y").alias(
            f"{name.removesuffix('_units')}_at"
        )
        for name in units
    )


def _down(name: str) -> pl.Expr:
    return (WIDE * (1.0 - (pl.col(name) / pl.col("top")).clip(0.0, 1.0))).round(0).cast(pl.Int64)
