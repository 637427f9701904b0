"""What a thing did before a cutoff: windows, fading sums and its last showings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.entities import OF_SESSIONS, Codes, minute_column
from features.ledger import MINUTE_BITS, Floats, Ints, Ledger, ledger, pack

MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
_WINDOW = re.compile(r"(?P<kind>|ewm)(?P<size>\d+)(?P<unit>[mhd])")


@dataclass(frozen=True)
class Ingredient:
    """One look-up, written `entity.measure.window`.

    Windows: `15m`, `28d` (the time before the cutoff), `ever`, `ewm7d` (weights that halve in 7 days), `last2` (the
    last but one showing). Measures of `last`: any sum, or `price`, `units_offered`, `minutes` (since that showing).
    """

    entity: str
    measure: str
    window: str

    @classmethod
    def parse(cls, name: str) -> "Ingredient":
        """Read `product.units.7d`; raises ValueError where it is no such name."""
        entity, measure, window = name.split(".")
        return cls(entity, measure, window)

    @property
    def name(self) -> str:
        """The column's name."""
        return f"{self.entity}.{self.measure}.{self.window}"

    @property
    def lag(self) -> int | None:
        """Which showing before the cutoff, counted from the last; None for other windows."""
        return int(self.window.removeprefix("last")) if self.window.startswith("last") else None

    @property
    def half_life(self) -> float | None:
        """Half-life in minutes of a fading sum; None for other windows."""
        found = _WINDOW.fullmatch(self.window)
        return _minutes(found) if found and found["kind"] else None

    @property
    def length(self) -> int | None:
        """Length in minutes of a plain window; None for all time."""
        found = _WINDOW.fullmatch(self.window)
        return int(_minutes(found)) if found else None


def _minutes(found: re.Match[str]) -> float:
    return float(int(found["size"]) * MINUTES[found["unit"]])


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

    codes: Codes
    ledgers: Mapping[str, Ledger]
    showings: Mapping[str, Showings]

    def look_up(self, wanted: Iterable[Ingredient], coded: Mapping[str, Ints], minutes: Ints) -> pl.DataFrame:
        """One column per ingredient, one row per (row of ids, cutoff minute)."""
        by_entity: dict[str, list[Ingredient]] = {}
        for ingredient in wanted:
            by_entity.setdefault(ingredient.entity, []).append(ingredient)
        columns: dict[str, npt.NDArray[np.float64 | np.int64]] = {}
        for entity, some in by_entity.items():
            key = self.codes.key(entity, coded)
            columns |= self._entity(entity, some, key, minutes)
        return pl.DataFrame(columns, nan_to_null=True) if columns else pl.DataFrame()

    def _entity(
        self, entity: str, wanted: list[Ingredient], keys: Ints, minutes: Ints
    ) -> dict[str, npt.NDArray[np.float64 | np.int64]]:
        # Many listings share an anchor and a cutoff: each pair is looked up once.
        book = self.ledgers[entity]
        codes = book.codes(keys)
        pairs, back = np.unique(pack(codes, minutes), return_inverse=True)
        codes, minutes = pairs >> MINUTE_BITS, pairs & ((1 << MINUTE_BITS) - 1)
        end = book.positions(codes, minutes)
        edges: dict[int | None, Ints] = {}
        columns: dict[str, npt.NDArray[np.float64 | np.int64]] = {}
        for one in wanted:
            if one.lag is not None:
                values: npt.NDArray[np.float64 | np.int64] = self._lagged(one, codes, minutes)
            elif one.half_life is not None:
                values = book.decay(one.measure, one.half_life, codes, minutes)
            else:
                start = minutes - one.length if one.length else np.zeros_like(minutes)
                edges.setdefault(one.length, book.positions(codes, start))
                values = book.between(one.measure, edges[one.length], end)
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
        book = self.ledgers["session" if one.entity in OF_SESSIONS else "listing"]
        codes = book.codes(shows.owner[place])
        end = book.positions(codes, minutes)
        return book.between(one.measure, book.positions(codes, np.zeros_like(minutes)), end).astype(np.float64)


def history(rows: pl.DataFrame, wanted: Iterable[Ingredient]) -> History:
    """Ledgers and showings for the wanted look-ups.

    Args:
        rows: session_id, product_id, the minutes of `entities.minute_column`, the ids of `entities.ENTITIES`, one Int64
            column a measure; a listing's showing has `exposures` 1, a session's `sessions` 1.
        wanted: the look-ups that will be asked.
    """
    asked = tuple(wanted)
    codes = Codes.of(rows)
    coded = codes.encode(rows)
    ledgers = {}
    for entity in _entities(asked):
        measures, half_lives = _needs(entity, asked)
        keyed = rows.select(pl.col(minute_column(entity)).alias("minute"), *measures).with_columns(
            key=pl.Series(codes.key(entity, coded))
        )
        active = keyed.filter(pl.any_horizontal(pl.col(measures) != 0))
        ledgers[entity] = ledger(active, half_lives)
    lagged = sorted({one.entity for one in asked if one.lag is not None})
    return History(codes, ledgers, {e: _showings(e, rows, codes, coded) for e in lagged})


def _entities(asked: tuple[Ingredient, ...]) -> list[str]:
    lagged = {"session" if one.entity in OF_SESSIONS else "listing" for one in asked if one.lag is not None}
    return sorted({one.entity for one in asked} | lagged)


def _needs(entity: str, asked: tuple[Ingredient, ...]) -> tuple[list[str], dict[str, tuple[float, ...]]]:
    own = [one for one in asked if one.entity == entity and one.lag is None]
    role = {"session": True, "listing": False}
    shown = [
        one
        for one in asked
        if one.lag is not None
        and entity in role
        and (one.entity in OF_SESSIONS) == role[entity]
        and one.measure not in ("price", "units_offered", "minutes")
    ]
    half_lives: dict[str, set[float]] = {}
    for one in own:
        if one.half_life is not None:
            half_lives.setdefault(one.measure, set()).add(one.half_life)
    # An entity must know its showings, even where only they are asked of it.
    extra = {"sessions" if entity in OF_SESSIONS or entity == "session" else "exposures"}
    measures = sorted({one.measure for one in own + shown} | extra)
    return measures, {m: tuple(sorted(h)) for m, h in half_lives.items()}


def _showings(entity: str, rows: pl.DataFrame, codes: Codes, coded: Mapping[str, Ints]) -> Showings:
    flag, owner = ("sessions", "session") if entity in OF_SESSIONS else ("exposures", "listing")
    shown = (
        rows.select(pl.col(minute_column(entity)).alias("minute"), "price", "units_offered", flag)
        .with_columns(key=pl.Series(codes.key(entity, coded)), owner=pl.Series(codes.key(owner, coded)))
        .filter(pl.col(flag) > 0, pl.col("key") >= 0)
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
