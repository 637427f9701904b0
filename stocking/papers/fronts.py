"""What each kind of reader's page tells: sums for its headline, pictures, and rows in groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from stocking.papers.bars import MOST_COLUMNS, columns, levels
from stocking.papers.charts import interval, ranking, reach
from stocking.papers.codes import CODES
from stocking.papers.columns import COLUMNS
from stocking.papers.paper import Audience, Paper
from stocking.papers.retold import phrasebook, retold
from stocking.papers.shares import said_by_flags
from stocking.papers.voice import Voice

MOST_ROWS = 500
MOST_DAYS = 8
MOST_CHANGES = 30
Front = Callable[[Paper, Voice], Mapping[str, object]]
Row = dict[str, object]

_UNITS, _MONEY, _TEXT, _WORDS, _INSTANT = (
    pl.Int64(),
    pl.Float64(),
    pl.String(),
    pl.List(pl.String),
    pl.Datetime("us", "UTC"),
)
SHOWN: Mapping[Audience, Mapping[str, pl.DataType]] = {
    "merchant": {
        "rank": _UNITS, "title": _TEXT, "product_id": _TEXT, "category": _TEXT, "session_id": _TEXT,
        "scheduled_at": _INSTANT, "price": _MONEY, "cost": _MONEY, "recommended_units": _UNITS,
        "reserve_units": _UNITS, "available_units": _UNITS, "order_by": _INSTANT, "approved_units": _UNITS,
        "note": _TEXT, "flags": _WORDS, "reasons": _WORDS, "notes": _WORDS, "demand_p10": _MONEY, "demand_p50": _MONEY,
        "demand_p90": _MONEY, "p_hit": _MONEY, "expected_profit": _MONEY, "lost_profit": _MONEY,
        "leftover_units": _MONEY, "leftover_chance": _MONEY, "reserve_value": _MONEY, "return_rate": _MONEY,
    },
    "supplier": {
        "product_id": _TEXT, "title": _TEXT, "category": _TEXT, "needed_by": _INSTANT, "order_by": _INSTANT,
        "make_now_units": _UNITS, "reserve_units": _UNITS, "pack_units": _UNITS, "min_order_units": _UNITS,
        "peak_units": _UNITS,
    },
    "logistics": {
        "day": pl.Date(), "session_id": _TEXT, "scheduled_at": _INSTANT, "product_id": _TEXT, "title": _TEXT,
        "category": _TEXT, "move_units": _UNITS, "available_units": _UNITS, "volume_l": _MONEY, "parcels": _MONEY,
        "day_parcels": _MONEY, "peak_hour": _UNITS, "expected_returned_units": _MONEY,
    },
    "anchor": {
        "session_id": _TEXT, "room_id": _TEXT, "scheduled_at": _INSTANT, "order": _UNITS, "role": _TEXT,
        "product_id": _TEXT, "title": _TEXT, "category": _TEXT, "price": _MONEY, "stock_left_units": _UNITS,
        "questions": _WORDS, "complaints": _WORDS, "substitutes": _WORDS,
    },
}  # fmt: skip
"""What a page of each kind shows, where its paper has it."""

_LEGENDS: Mapping[Audience, tuple[str, ...]] = {
    "merchant": ("flags", "change"), "supplier": (), "logistics": (), "anchor": ("role",),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Group:
    """Rows under one heading.

    Attributes:
        key: what they have in common; None where it is not known.
        frame: the rows.
    """

    key: datetime | date | str | None
    frame: pl.DataFrame

    @property
    def rows(self) -> Sequence[Row]:
        """One by one."""
        return list(self.frame.iter_rows(named=True))

    def total(self, name: str) -> float:
        """The sum of a column."""
        return float(self.frame[name].sum())

    def first(self, name: str) -> object:
        """The first row's value."""
        return self.frame[name][0]


def front(paper: Paper, voice: Voice) -> Mapping[str, object]:
    """Everything that a paper's template asks for beside the paper itself."""
    wanted = SHOWN[paper.audience]
    lacking = [pl.lit(None, dtype).alias(name) for name, dtype in wanted.items() if name not in paper.lines.columns]
    lines = retold(paper.lines.with_columns(lacking), voice.language)
    return {
        "has": frozenset(paper.lines.columns),
        "levels": levels(paper.limits, voice),
        "left_out": max(lines.height - MOST_ROWS, 0),
        "changes": list(paper.changes.head(MOST_CHANGES).iter_rows(named=True)),
        "changes_left_out": max(paper.changes.height - MOST_CHANGES, 0),
        "quality": list(retold(paper.quality, voice.language).iter_rows(named=True)),
        "explained": [name for name in paper.lines.columns if name in COLUMNS],
        "legend": [(name, CODES[name]) for name in _LEGENDS[paper.audience]],
        **_FRONTS[paper.audience](lines, voice),
    }


def _merchant(lines: pl.DataFrame, voice: Voice) -> Mapping[str, object]:
    ranked = lines.sort("rank", "product_id", "session_id")
    best = ranked.head(MOST_ROWS)
    hits = ranked.group_by("session_id", maintain_order=True).agg(
        at=pl.col("scheduled_at").min(), value=pl.col("p_hit").sum()
    )
    return {
        "lines": [
            row | {"interval": interval(row, 1.02 * reach(row)), "notes": _unsaid(row, voice)}
            for row in best.iter_rows(named=True)
        ],
        "totals": ranked.select(**_MERCHANT_TOTALS).row(0, named=True),
        "deadlines": _deadlines(ranked, voice),
        "ranking": ranking(ranked, voice),
        "hits": columns(hits, voice),
        "hits_are_by_session": hits.height <= MOST_COLUMNS,
    }


def _unsaid(row: dict[str, list[str] | None], voice: Voice) -> Sequence[str]:
    """The line's notes without those that its flags say already, told in full below the list."""
    by_flag, tell = said_by_flags(), phrasebook(voice.language).tell
    said = {tell(by_flag[flag]) for flag in row["flags"] or () if flag in by_flag}
    return [note for note in row["notes"] or () if note not in said]


_ORDERED = pl.col("recommended_units") > 0
_LATE = pl.col("flags").list.contains("late_to_order").fill_null(value=False)
_SPENT = pl.col("recommended_units") * pl.col("cost")
_MERCHANT_TOTALS = {
    "listings": pl.len(),
    "units": pl.col("recommended_units").sum(),
    "products": pl.col("product_id").filter(_ORDERED).n_unique(),
    "spend": _SPENT.sum(),
    "profit": pl.col("expected_profit").sum(),
    "lost": pl.col("lost_profit").sum(),
    "hits": pl.col("p_hit").sum(),
    "reserved": pl.col("reserve_units").sum(),
    "reserve_value": pl.col("reserve_value").sum(),
    "first_by": pl.col("order_by").filter(_ORDERED & ~_LATE).min(),
    "late": pl.col("product_id").filter(_LATE & _ORDERED).n_unique(),
}


def _deadlines(lines: pl.DataFrame, voice: Voice) -> Sequence[Row]:
    """How much to order by which day; what is late comes first, whatever its days were."""
    day = pl.col("order_by").dt.convert_time_zone(str(voice.zone)).dt.date()
    return list(
        lines
        .filter(_ORDERED, pl.col("order_by").is_not_null())
        .group_by(day=pl.when(~_LATE).then(day), maintain_order=True)
        .agg(
            products=pl.col("product_id").n_unique(), units=pl.col("recommended_units").sum(), spend=_SPENT.sum()
        )
        .sort("day")
        .head(MOST_DAYS)
        .iter_rows(named=True)
    )  # fmt: skip


def _supplier(lines: pl.DataFrame, voice: Voice) -> Mapping[str, object]:
    dated = lines.with_columns(needed_day=pl.col("needed_by").dt.convert_time_zone(str(voice.zone)).dt.date())
    made = dated.group_by(at="needed_day", maintain_order=True).agg(
        value=pl.col("make_now_units").sum(), more=pl.col("reserve_units").sum()
    )
    needed = pl.col("needed_by").filter(pl.col("make_now_units") > 0).min()
    return {
        "totals": lines.select(
            units=pl.col("make_now_units").sum(),
            reserved=pl.col("reserve_units").sum(),
            products=pl.col("product_id").n_unique(),
            first=needed,
            first_order=pl.col("order_by").min(),
        ).row(0, named=True),
        "bars": columns(made, voice),
        "groups": _groups(dated, "needed_day", ("needed_by", "product_id")),
    }


def _logistics(lines: pl.DataFrame, voice: Voice) -> Mapping[str, object]:
    days = (
        lines.sort("day", "session_id", "product_id")
        .group_by("day", maintain_order=True)
        .agg(pl.col("parcels", "volume_l", "move_units").sum())
    )
    told = [name for name in ("parcels", "volume_l", "move_units") if days[name].sum() > 0][:2]
    busiest = "parcels" if "parcels" in told else "move_units"
    return {
        "totals": lines.select(
            units=pl.col("move_units").sum(),
            parcels=pl.col("parcels").sum(),
            volume=pl.col("volume_l").sum(),
            returned=pl.col("expected_returned_units").sum(),
            days=pl.col("day").n_unique(),
        ).row(0, named=True)
        | {"busiest": days.sort(busiest, "day", descending=[True, False])["day"].first()},
        "pictures": [(name, columns(days.select(at="day", value=name), voice)) for name in told],
        "groups": _groups(lines, "day", ("day", "scheduled_at", "session_id", "product_id")),
    }


def _anchor(lines: pl.DataFrame, voice: Voice) -> Mapping[str, object]:  # noqa: ARG001
    return {
        "totals": {"listings": lines.height, "sessions": lines["session_id"].n_unique()},
        "groups": _groups(lines, "session_id", ("scheduled_at", "session_id", "order")),
    }


def _groups(lines: pl.DataFrame, key: str, order: Sequence[str]) -> Sequence[Group]:
    shown = lines.sort(order, nulls_last=True).head(MOST_ROWS)
    return [Group(rows[key][0], rows) for rows in shown.partition_by(key, maintain_order=True)] if shown.height else []


_FRONTS: Mapping[Audience, Callable[[pl.DataFrame, Voice], Mapping[str, object]]] = {
    "merchant": _merchant,
    "supplier": _supplier,
    "logistics": _logistics,
    "anchor": _anchor,
}
