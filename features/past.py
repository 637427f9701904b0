"""Everything that happened, as rows of whole numbers by session, product and minute of learning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features import actions, evidence, regulars, trade
from features.condensed import ACTED, SEEN, condensed
from features.contracts import Tables
from features.entities import Codes, coded, depth, key, minute_column, vocabulary, weekday
from features.episodes import debuts, shown_in, starts
from features.known import once
from features.ledger import Ints, minute_of
from features.placing import placed
from features.settings import Sensing

SHOWINGS = ("sessions", "exposures", "debuts", "begun_minute")
MEASURES = (*actions.MEASURES, *trade.MEASURES, *SHOWINGS, *evidence.MEASURES, *regulars.MEASURES)
_MINUTES = ("minute", "session_minute", "product_minute", "both_minute")
_PLACE = pl.Schema(
    {
        "session_id": pl.String(), "product_id": pl.String(), "minute": pl.Int64(), "depth": pl.Int64(),
        "viewer_id": pl.String(), "price": pl.Float64(), "units_offered": pl.Int64(),
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Past:
    """What happened, ready to be looked up.

    Attributes:
        rows: the minutes from which on each row counts; `price` and `units_offered` of a showing.
        parts: codes of each row's session, product, room, anchor … (`entities.ENTITIES`).
        sizes: how many codes each part has.
        values: of each of `MEASURES` the stretches of rows that tell of it: the first row, and one number a row.
        viewer: a viewer's code, each viewer once a row.
        row: the row in which that viewer was seen.
    """

    rows: pl.DataFrame
    parts: Mapping[str, Ints]
    sizes: Mapping[str, int]
    values: Mapping[str, Sequence[tuple[int, Ints]]]
    viewer: Ints
    row: Ints

    def told(self, measure: str) -> Ints:
        """A measure of every row; zero where nothing is told of it."""
        whole = np.zeros(self.rows.height, dtype=np.int64)
        for first, values in self.values.get(measure, ()):
            whole[first : first + len(values)] = values
        return whole

    def key(self, entity: str) -> Ints:
        """The entity that each row belongs to; -1 where it is not known."""
        return key(entity, self.parts, self.sizes)

    def minutes(self, entity: str) -> Ints:
        """The minute from which on each row counts for an entity."""
        return self.rows[minute_column(entity)].to_numpy()


def past(tables: Tables, settings: Sensing) -> tuple[Past, Codes]:
    """All that happened, and the codes by which to ask for it."""
    told = once(condensed(tables, settings.comments))
    viewers = vocabulary(told[SEEN]["viewer_id"], told["orders"]["viewer_id"])
    happened = _happened(told, settings)
    rows = pl.concat(
        [part.select(place for place in _PLACE if place in part.columns) for part in happened], how="diagonal"
    )
    rows = rows.pipe(placed, tables).with_columns(
        weekday(settings.market.timezone),
        depth=pl.coalesce("depth", depth("price")),
        buyer=coded(pl.col("viewer_id"), viewers).cast(pl.Int64),
    )
    codes = Codes.of(rows)
    seen = told[SEEN].select(coded(pl.col("viewer_id"), viewers).cast(pl.Int64), "bucket")
    viewer, row = seen["viewer_id"].to_numpy(), seen["bucket"].to_numpy()
    alone = Past(rows, codes.encode(rows), codes.sizes, {}, viewer, row)
    known = _regulars(alone)
    whole = pl.concat([rows, *(part.drop(regulars.MEASURES, strict=False) for part in known)])
    return Past(whole, codes.encode(whole), codes.sizes, _values([*happened, *known]), viewer, row), codes


def _happened(tables: Tables, settings: Sensing) -> list[pl.DataFrame]:
    """What viewers did first, in its order, then everything else: ids, minute and some of `MEASURES`."""
    begun = starts(tables)
    showings = shown_in(begun, tables)
    first = debuts(showings)
    counts, begins = actions.counts(tables), minute_of(pl.col("start_known"))
    return [
        pl.DataFrame(schema=_PLACE),
        tables[ACTED],
        counts,
        *trade.trade(tables, settings.features.return_maturity_days, first),
        *evidence.evidence(tables, pl.concat([tables[ACTED], counts], how="diagonal"), showings),
        begun.select("session_id", minute=begins, sessions=pl.lit(1, pl.Int64), begun_minute=begins),
        showings.drop("shown_known").with_columns(exposures=pl.lit(1, pl.Int64)),
        first.with_columns(debuts=pl.lit(1, pl.Int64)),
    ]


def _values(happened: Sequence[pl.DataFrame]) -> dict[str, list[tuple[int, Ints]]]:
    values: dict[str, list[tuple[int, Ints]]] = {}
    first = 0
    for part in happened:
        for measure in part.columns:
            if measure in MEASURES:
                values.setdefault(measure, []).append((first, part[measure].fill_null(0).to_numpy()))
        first += part.height
    return values


def _regulars(past: Past) -> list[pl.DataFrame]:
    """Rows that say of viewers seen whether they had been here before."""
    places = {"room": past.key("room"), "minute": past.minutes("room"), "session": past.key("session")}
    told = [regulars.newcomers(past.viewer, past.row, pl.DataFrame(places))]
    for measure, place, seller in (("patrons", "session", "anchor"), ("rebuyers", "listing", "product")):
        minute = past.minutes(seller)
        of = {"seller": past.key(seller), "minute": minute}
        seen = {name: column[past.row] for name, column in {**of, "place": past.key(place)}.items()}
        bought = pl.DataFrame({"viewer": past.rows["buyer"], **of}).drop_nulls("viewer")
        sighted = pl.DataFrame({"viewer": past.viewer, "row": past.row, **seen})
        told.append(regulars.earlier_buyers(sighted, bought, measure))
    return [_as_rows(past.rows, one) for one in told]


def _as_rows(rows: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """What is told of some rows, as rows of the same place that count from the minute told."""
    later = [pl.max_horizontal(name, told["minute"]).alias(name) for name in _MINUTES]
    return rows[told["row"]].with_columns(later).hstack(told.drop("row", "minute"))
