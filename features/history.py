"""What a thing did before a cutoff: windows, fading sums and its last showings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.entities import OF_SESSIONS, key
from features.ingredient import SHOWN, VIEWERS, Ingredient
from features.ledger import MINUTE_BITS, Entries, Flags, Floats, Ints, Ledger, entries, gaps, ledger, pack
from features.past import Past
from features.viewers import came, left, stretches

Column = Floats | Ints


@dataclass(frozen=True, eq=False)
class Showings:
    """Each entity's showings in order, with what was fixed when they began."""

    packed: Ints
    keys: Ints
    owner: Ints
    attributes: Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class History:
    """All ledgers and showings that a set of ingredients needs."""

    sizes: Mapping[str, int]
    ledgers: Mapping[str, Ledger]
    showings: Mapping[str, Showings]

    def look_up(self, wanted: Iterable[Ingredient], parts: Mapping[str, Ints], cutoffs: "Cutoffs") -> pl.DataFrame:
        """One column per ingredient, one row per row of ids and cutoff."""
        groups: dict[tuple[str, bool], list[Ingredient]] = {}
        for one in wanted:
            groups.setdefault((one.entity, one.opening), []).append(one)
        columns: dict[str, Column] = {}
        for (entity, opening), some in groups.items():
            minutes = cutoffs.opening if opening else cutoffs.minute
            columns |= self._entity(entity, some, key(entity, parts, self.sizes), minutes)
        return pl.DataFrame(columns, nan_to_null=True) if columns else pl.DataFrame()

    def _entity(self, entity: str, wanted: list[Ingredient], keys: Ints, minutes: Ints) -> dict[str, Column]:
        # Many listings share an anchor and a cutoff: each pair is looked up once.
        book = self.ledgers[entity]
        codes = book.codes(keys)
        pairs, back = np.unique(pack(codes, minutes), return_inverse=True)
        codes, minutes = pairs >> MINUTE_BITS, pairs & ((1 << MINUTE_BITS) - 1)
        end = book.positions(codes, minutes)
        edges: dict[int | None, Ints] = {}
        columns: dict[str, Column] = {}
        for one in wanted:
            if one.lag is not None:
                values: Column = self._lagged(one, codes, minutes)
            elif one.half_life is not None:
                values = book.decay(one.measure, one.half_life, codes, minutes)
            else:
                if one.length not in edges:
                    begin = minutes - one.length if one.length else np.zeros_like(minutes)
                    edges[one.length] = book.positions(codes, begin)
                values = _between(book, one, edges[one.length], end)
            columns[one.name] = values[back]
        return columns

    def _lagged(self, one: Ingredient, codes: Ints, minutes: Ints) -> Floats:
        shows, book = self.showings[one.entity], self.ledgers[one.entity]
        keys = np.where(codes >= 0, book.keys[np.maximum(codes, 0)] if len(book.keys) else -1, -1)
        dense = np.searchsorted(shows.keys, keys)
        place = np.searchsorted(shows.packed, pack(dense, minutes)) - (one.lag or 0)
        if not len(shows.packed):
            return np.full(len(codes), np.nan)
        safe = np.clip(place, 0, len(shows.packed) - 1)
        same = (place >= 0) & (shows.packed[safe] >> MINUTE_BITS == dense)
        same &= (shows.keys[np.minimum(dense, len(shows.keys) - 1)] == keys) & (keys >= 0)
        values = self._shown(one, shows, safe, minutes)
        return np.where(same, values, np.nan)

    def _shown(self, one: Ingredient, shows: Showings, place: Ints, minutes: Ints) -> Floats:
        if one.measure in shows.attributes:
            return shows.attributes[one.measure][place]
        if one.measure == "minutes":
            return (minutes - (shows.packed[place] & ((1 << MINUTE_BITS) - 1))).astype(np.float64)
        book = self.ledgers[_owner(one.entity)]
        codes = book.codes(shows.owner[place])
        end = book.positions(codes, minutes)
        return _between(book, one, book.positions(codes, np.zeros_like(minutes)), end).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Cutoffs:
    """Of each row the minute of its cutoff, and that of its session's opening where that came first."""

    minute: Ints
    opening: Ints


def _between(book: Ledger, one: Ingredient, start: Ints, end: Ints) -> Ints:
    if one.measure != VIEWERS:
        return book.between(one.measure, start, end)
    return book.prefix[came(one.length)][end] - book.prefix[left(one.length)][start]


def _owner(entity: str) -> str:
    return "session" if entity in OF_SESSIONS else "listing"


def _flag(entity: str) -> str:
    return "sessions" if entity in OF_SESSIONS else "exposures"


def history(past: Past, wanted: Iterable[Ingredient]) -> History:
    """Ledgers and showings for the wanted look-ups."""
    asked = tuple(wanted)
    lagged = {one.entity for one in asked if one.lag is not None}
    needed = {one.entity for one in asked} | {_owner(entity) for entity in lagged}
    ledgers = {entity: _ledger(entity, past, asked) for entity in sorted(needed)}
    return History(past.sizes, ledgers, {entity: _showings(entity, past) for entity in sorted(lagged)})


def _ledger(entity: str, past: Past, asked: tuple[Ingredient, ...]) -> Ledger:
    own = [one for one in asked if one.entity == entity and one.lag is None]
    owned = [one for one in asked if one.lag is not None and _owner(one.entity) == entity and one.measure not in SHOWN]
    # An entity must know its showings, even where only they are asked of it.
    shows = {_flag(entity)} if any(one.entity == entity and one.lag is not None for one in asked) else set()
    measures = sorted({one.counted for one in (*own, *owned)} - {VIEWERS} | shows)
    seen = any(one.measure == VIEWERS for one in (*own, *owned))
    merged = entries(past.key(entity), past.minutes(entity), _active(past, measures, seen=seen))
    values = {name: merged.summed(past.told(name)) for name in measures}
    values |= _derived({one.measure for one in own}, values, merged)
    if seen:
        lengths = {one.length for one in (*own, *owned) if one.measure == VIEWERS}
        values |= stretches(merged, past.viewer, past.row, lengths)
    return ledger(merged, values, {(one.measure, one.half_life) for one in own if one.half_life is not None})


def _active(past: Past, measures: Iterable[str], *, seen: bool) -> Flags:
    active = np.zeros(past.rows.height, dtype=bool)
    for measure in measures:
        for first, values in past.values.get(measure, ()):
            active[first : first + len(values)] |= values != 0
    if seen:
        active[past.row] = True
    return active


def _derived(asked: set[str], values: Mapping[str, Ints], merged: Entries) -> dict[str, Ints]:
    found: dict[str, Ints] = {}
    for measure in sorted(asked):
        name, _, what = measure.partition(":")
        if what:
            found[measure] = gaps(merged, values[name]) ** (2 if what == "gaps_squared" else 1)
    return found


def _showings(entity: str, past: Past) -> Showings:
    shown = (
        past.rows.select("price", "units_offered", shown=past.told(_flag(entity)))
        .with_columns(
            key=pl.Series(past.key(entity)),
            minute=pl.Series(past.minutes(entity)),
            owner=pl.Series(past.key(_owner(entity))),
        )
        .filter(pl.col("shown") > 0, pl.col("key") >= 0)
        .sort("key", "minute", "owner")
    )
    keys, dense = np.unique(shown["key"].to_numpy(), return_inverse=True)
    return Showings(
        packed=pack(dense.astype(np.int64), shown["minute"].to_numpy()),
        keys=keys.astype(np.int64),
        owner=shown["owner"].to_numpy(),
        attributes={
            name: shown[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in ("price", "units_offered")
        },
    )
