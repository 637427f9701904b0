"""The catalog's own expressions over what is kept up, for all listings at once."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import polars as pl

from features.feature import Feature, finished
from features.ingredient import Ingredient
from features.ledger import Ints
from features.underway.board import Board
from features.underway.state import State


class Evaluation:
    """Features of always the same listings, again and again.

    All values are finished in one column, end to end: what takes time here is not numbers but expressions, and one does
    it for all features. Features that are a look-up as it stands need no other.
    """

    def __init__(self, features: Sequence[Feature], board: Board, known: pl.DataFrame, table: pl.DataFrame) -> None:
        """What never changes.

        Args:
            features: numbers, to be evaluated.
            board: has keys for the listings.
            known: `features.context` of them.
            table: the feature table of the same rows, with all other features as they stay.
        """
        self._table, self._keys = table, dict(zip(("session", "listing"), board.keys(table), strict=True))
        plain = [one for one in features if one.expr.meta.is_column()]
        other = [one for one in features if not one.expr.meta.is_column()]
        roots = {root for one in other for root in one.expr.meta.root_names()}
        self._known = known.select(column for column in known.columns if column in roots)
        self._plain = [next(iter(one.ingredients())) for one in plain]
        self._wanted = sorted({i for one in other for i in one.ingredients()}, key=lambda one: one.name)
        self._values = [one.expr.cast(pl.Float64).alias(one.name) for one in other]
        features = (*plain, *other)
        place = {name: number for number, name in enumerate(table.columns)}
        self._cutoff, self._places = place["cutoff"], [(place[one.name], one.name) for one in features]
        bounds = {"low": [float(one.low) for one in features], "high": [float(one.high) for one in features]}
        self._bounds = pl.DataFrame({name: np.repeat(each, known.height) for name, each in bounds.items()})

    def table(self, cutoff: datetime, state: State) -> pl.DataFrame:
        """The feature table at a cutoff in the state's minute."""
        table, rows = self._table.clone(), self._table.height
        instant = pl.Series("cutoff", [cutoff], table.schema["cutoff"]).new_from_index(0, rows)
        table.replace_column(self._cutoff, instant)
        values = self._looked_up(state, instant).select(self._values).to_numpy(order="fortran")
        plain = [self._by_listing(state, one) for one in self._plain]
        end_to_end = pl.Series("value", np.concatenate([*plain, values.reshape(-1, order="F")]), pl.Float64)
        within = finished(pl.col("value"), pl.col("low"), pl.col("high"))
        done = self._bounds.with_columns(end_to_end).select(within).to_series()
        for number, (place, name) in enumerate(self._places):
            table.replace_column(place, done.slice(number * rows, rows).alias(name))
        return table

    def _by_listing(self, state: State, one: Ingredient) -> Ints:
        return np.take(state.look_up(one), self._keys[one.entity])

    def _looked_up(self, state: State, cutoff: pl.Series) -> pl.DataFrame:
        found = {one.name: self._by_listing(state, one) for one in self._wanted}
        known = [cutoff if name == "cutoff" else self._known[name] for name in self._known.columns]
        return pl.DataFrame(found).hstack(known)
