"""The catalog's own expressions over what is kept up, for all listings at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np
import polars as pl

from features.feature import Feature, finished
from features.ingredient import Ingredient
from features.ledger import Floats, Ints
from features.underway.board import Board
from features.underway.state import State

Column = pl.Series | Ints

_COLUMN = re.compile(r'col\("([^"]+)"\)')


@dataclass(frozen=True, eq=False)
class Shape:
    """Features whose expressions differ in nothing but the columns that they ask for.

    Attributes:
        features: the features.
        roots: of each feature its columns, in the order in which its expression first names them.
    """

    features: tuple[Feature, ...]
    roots: tuple[tuple[str, ...], ...]

    def values(self, columns: Mapping[str, Column]) -> Floats:
        """All values, one feature after another: the first one's expression, over all their columns end to end."""
        asked = zip(self.roots[0], zip(*self.roots, strict=True), strict=True)
        ends = pl.DataFrame({name: end_to_end([columns[one] for one in each]) for name, each in asked})
        return ends.select(self.features[0].expr.cast(pl.Float64)).to_series().to_numpy()


def end_to_end(columns: Sequence[Column]) -> Column:
    """Columns of one kind as one: look-ups, which are whole numbers, or what is known of the listings."""
    if isinstance(columns[0], pl.Series):
        return pl.concat([pl.Series(one) for one in columns])
    return np.concatenate(columns)


class Evaluation:
    """Features of always the same listings, again and again.

    What takes time here is not numbers but expressions. So there is one for all features of a shape, and one more that
    finishes all of them.

    Attributes:
        opening: the feature table when the listings began to be followed.
    """

    def __init__(self, features: Sequence[Feature], board: Board, known: pl.DataFrame, table: pl.DataFrame) -> None:
        """What never changes.

        Args:
            features: numbers, to be evaluated.
            board: has keys for the listings.
            known: `features.context` of them.
            table: the feature table of the same rows, with all other features as they stay.
        """
        self.opening, self._keys = table, dict(zip(("session", "listing"), board.keys(table), strict=True))
        self._shapes = shapes(features)
        roots = {root for shape in self._shapes for each in shape.roots for root in each}
        self._known = {name: known[name] for name in roots if "." not in name}
        self._wanted = {name: Ingredient.parse(name) for name in sorted(roots) if "." in name}
        ordered = [one for shape in self._shapes for one in shape.features]
        place = {name: number for number, name in enumerate(table.columns)}
        self._cutoff, self._places = place["cutoff"], [(place[one.name], one.name) for one in ordered]
        bounds = {"low": [float(one.low) for one in ordered], "high": [float(one.high) for one in ordered]}
        self._bounds = pl.DataFrame({name: np.repeat(each, known.height) for name, each in bounds.items()})

    def table(self, cutoff: datetime, state: State) -> pl.DataFrame:
        """The feature table at a cutoff in the state's minute."""
        table, rows = self.opening.clone(), self.opening.height
        instant = pl.Series("cutoff", [cutoff], table.schema["cutoff"]).new_from_index(0, rows)
        table.replace_column(self._cutoff, instant)
        columns: dict[str, Column] = {**self._known, "cutoff": instant, **self._looked_up(state)}
        values = pl.Series("value", np.concatenate([shape.values(columns) for shape in self._shapes]))
        within = finished(pl.col("value"), pl.col("low"), pl.col("high"))
        done = self._bounds.with_columns(values).select(within).to_series()
        for number, (place, name) in enumerate(self._places):
            table.replace_column(place, done.slice(number * rows, rows).alias(name))
        return table

    def _looked_up(self, state: State) -> dict[str, Ints]:
        return {name: np.take(state.look_up(one), self._keys[one.entity]) for name, one in self._wanted.items()}


def shapes(features: Sequence[Feature]) -> tuple[Shape, ...]:
    """The features by shape."""
    told = sorted(((*_shape(one.expr), one) for one in features), key=lambda each: each[0])
    groups = [list(group) for _, group in groupby(told, key=lambda each: each[0])]
    return tuple(Shape(tuple(one for *_, one in group), tuple(roots for _, roots, _ in group)) for group in groups)


def _shape(expr: pl.Expr) -> tuple[str, tuple[str, ...]]:
    """An expression with numbers in place of its columns, and the columns; what is known is told from look-ups."""
    roots = tuple(dict.fromkeys(_COLUMN.findall(str(expr))))
    return _COLUMN.sub(lambda found: f"col({roots.index(found[1])}{'.' in found[1]})", str(expr)), roots
