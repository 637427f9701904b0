"""Who may see what of a plan: one table, and the one function that cuts by it.

Rows are cut first: a paper is made from its reader's own rows alone, so nothing in it can hang on anyone else's. Then
columns: what `reads` does not name is dropped before anything is worked out, and `shows` is all that is handed on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from stocking.decided import DECIDED, LIMITS
from stocking.lines import checked
from stocking.papers.changes import changes, no_changes
from stocking.papers.paper import About, Audience, Paper
from stocking.papers.shares import logistics_lines, merchant_lines, supplier_lines
from stocking.papers.show import anchor_lines

Made = Callable[[pl.DataFrame, str], pl.DataFrame]
QUALITY = {"topic": pl.String(), "finding": pl.String()}


@dataclass(frozen=True, eq=False)
class View:
    """What one kind of reader sees.

    Attributes:
        reader: the column whose value says whose row it is; None: all rows are for the one reader there is.
        nobody: whether rows that name no reader make a paper of their own.
        reads: the columns of `stocking.decided.DECIDED` that its lines may be made of.
        made: makes the lines from the reader's rows; the second argument is the plan's time zone.
        shows: the columns of the lines.
        limit: the kind of limit that it sees.
        owner: the column that holds the owners of its limits; None: those that belong to nobody.
    """

    reader: str | None
    nobody: bool
    reads: tuple[str, ...]
    made: Made
    shows: tuple[str, ...]
    limit: str
    owner: str | None


VIEWS: dict[Audience, View] = {
    "merchant": View(
        reader="merchant_id",
        nobody=True,
        reads=(
            "rank", "title", "product_id", "session_id", "scheduled_at", "category", "price", "cost",
            "recommended_units", "reserve_units", "available_units", "order_by", "reasons", "notes",
            "p_hit", "demand_p10", "demand_p50", "demand_p90", "return_rate",
            "expected_profit", "lost_profit", "fill_rate", "leftover_units", "leftover_chance", "reserve_value",
            "is_new_product", "cost_is_default", "capped_last_time", "is_too_late",
        ),
        made=merchant_lines,
        shows=(
            "rank", "title", "product_id", "session_id", "scheduled_at", "price",
            "recommended_units", "reserve_units", "order_by", "approved_units", "note", "flags",
            "demand_p10", "demand_p50", "demand_p90", "p_hit", "available_units", "expected_profit",
            "reasons", "notes", "lost_profit", "fill_rate", "leftover_units", "leftover_chance", "reserve_value",
            "return_rate", "cost", "category",
        ),
        limit="budget",
        owner="merchant_id",
    ),
    "supplier": View(
        reader="supplier_id",
        nobody=False,
        reads=(
            "product_id", "title", "category", "recommended_units", "reserve_units", "needed_by", "order_by",
            "packed_units", "least_units",
        ),
        made=supplier_lines,
        shows=(
            "product_id", "title", "category", "make_now_units", "reserve_units", "needed_by", "order_by",
            "pack_units", "min_order_units", "peak_units",
        ),
        limit="capacity",
        owner="supplier_id",
    ),
    "logistics": View(
        reader=None,
        nobody=True,
        reads=(
            "session_id", "product_id", "title", "scheduled_at", "recommended_units", "available_units",
            "unit_volume_l", "expected_sales_units", "units_an_order", "expected_returned_units",
        ),
        made=logistics_lines,
        shows=(
            "day", "scheduled_at", "session_id", "product_id", "title", "move_units", "available_units", "volume_l",
            "parcels", "expected_returned_units", "day_parcels", "peak_hour",
        ),
        limit="volume",
        owner=None,
    ),
    "anchor": View(
        reader="anchor_id",
        nobody=True,
        reads=(
            "rank", "session_id", "room_id", "scheduled_at", "position", "product_id", "title", "category", "price",
            "cost", "expected_sales_units", "available_units", "recommended_units", "questions", "complaints",
        ),
        made=anchor_lines,
        shows=(
            "session_id", "room_id", "scheduled_at", "order", "role", "product_id", "title", "category", "price",
            "stock_left_units", "questions", "complaints", "substitutes",
        ),
        limit="products",
        owner="session_id",
    ),
}  # fmt: skip
"""The anchor's `cost` is read to tell a product's role, and not shown."""


@dataclass(frozen=True, eq=False)
class Background:
    """What the papers tell beside the plan.

    Attributes:
        about: the plan as a whole.
        previous: the last stocking list, or None where there was none.
        quality: `topic` and `finding`: what was missing or stale in the data, in words.
    """

    about: About
    previous: pl.DataFrame | None
    quality: pl.DataFrame


def papers(decided: pl.DataFrame, limits: pl.DataFrame, background: Background) -> list[Paper]:
    """Each reader's part of the plan; who has no line gets no paper.

    Args:
        decided: the plan (`stocking.decided.DECIDED`).
        limits: what it had to keep to (`stocking.decided.LIMITS`).
        background: what the papers tell beside it.

    Returns:
        By audience, in each by the reader's id, unknown readers last.
    """
    ordered, kept = checked(decided, DECIDED).sort("rank"), checked(limits, LIMITS)
    made = (
        _paper(audience, whose, kept, background)
        for audience, view in VIEWS.items()
        for whose in _whose(ordered, view)
    )  # fmt: skip
    return [paper for paper in made if paper.lines.height]


def _whose(decided: pl.DataFrame, view: View) -> Iterator[tuple[str | None, pl.DataFrame]]:
    if view.reader is None:
        yield None, decided
        return
    rows = decided.sort(view.reader, "rank", nulls_last=True)
    known = rows if view.nobody else rows.drop_nulls(view.reader)
    for mine in known.partition_by(view.reader, maintain_order=True):
        yield mine[view.reader][0], mine


def _paper(
    audience: Audience, whose: tuple[str | None, pl.DataFrame], limits: pl.DataFrame, background: Background
) -> Paper:
    view, about = VIEWS[audience], background.about
    lines = view.made(whose[1].select(view.reads), about.timezone).select(view.shows)
    trades = audience == "merchant"
    return Paper(
        audience=audience,
        reader=whose[0],
        lines=lines,
        limits=_limits(limits, view, whose[1], trades=trades),
        changes=_changes(lines, whose[0], background) if trades else no_changes(),
        quality=background.quality.select(*QUALITY) if trades else pl.DataFrame(schema=QUALITY),
        about=about,
    )


def _limits(limits: pl.DataFrame, view: View, rows: pl.DataFrame, *, trades: bool) -> pl.DataFrame:
    """The reader's own; what one unit more would bring (`worth`) is told to merchants only, others find 0 there."""
    owners = rows[view.owner].unique() if view.owner else pl.Series([None], dtype=pl.String)
    mine = limits.filter(pl.col("kind") == view.limit, pl.col("owner_id").is_in(owners.implode(), nulls_equal=True))
    return mine if trades else mine.with_columns(worth=pl.lit(0.0))


def _changes(lines: pl.DataFrame, reader: str | None, background: Background) -> pl.DataFrame:
    if background.previous is None:
        return no_changes()
    mine = background.previous.filter(pl.col("merchant_id").eq_missing(pl.lit(reader, pl.String)))
    return changes(mine, lines, background.about.cutoff)
