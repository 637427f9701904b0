"""The door between the feature table and the boosters: named columns in, numbers in a fixed order out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl


class FeatureMismatchError(ValueError):
    """The feature table is not what the predictor was trained on."""


@dataclass(frozen=True)
class Encoding:
    """Which columns a predictor reads, in which order, and the numbers that stand for names.

    Attributes:
        numbers: Float32 columns.
        categories: text columns, each with its closed list of names; any other name counts as unknown.
    """

    numbers: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: pl.DataFrame, features: Sequence[str]) -> "Encoding":
        """Read every feature that says something: columns with at least two values among the rows.

        Raises:
            FeatureMismatchError: a feature is neither Float32 nor text.
        """
        told = [name for name in features if rows[name].n_unique() > 1]
        odd = {name: str(rows[name].dtype) for name in told if rows[name].dtype not in (pl.Float32, pl.String)}
        if odd:
            raise FeatureMismatchError(f"features must be Float32 or String, found {odd}")
        return cls(
            numbers=tuple(name for name in told if rows[name].dtype == pl.Float32),
            categories={
                name: tuple(rows[name].drop_nulls().unique().sort()) for name in told if rows[name].dtype == pl.String
            },
        )

    @property
    def names(self) -> list[str]:
        """Columns of the matrix, in order."""
        return [*self.numbers, *self.categories]

    @property
    def columns(self) -> dict[str, str]:
        """What the predictor reads, as name to "number" or "category"."""
        return dict.fromkeys(self.numbers, "number") | dict.fromkeys(self.categories, "category")

    def matrix(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows as Float32 and Int32 columns in the recorded order; infinities and unknown names are null.

        Raises:
            FeatureMismatchError: a column is missing, or has another type than at training.
        """
        self._check(rows)
        numbers = [pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in self.numbers]
        codes = [
            pl.col(name).replace_strict(list(words), list(range(len(words))), default=None, return_dtype=pl.Int32)
            if words
            else pl.lit(None, pl.Int32).alias(name)
            for name, words in self.categories.items()
        ]
        return rows.select(numbers + codes)

    def reads(self, rows: pl.DataFrame) -> bool:
        """Whether a feature table has all columns, of the right types."""
        return all(name in rows.columns and rows[name].dtype == dtype for name, dtype in self._wanted().items())

    def _wanted(self) -> dict[str, type[pl.DataType]]:
        return dict.fromkeys(self.numbers, pl.Float32) | dict.fromkeys(self.categories, pl.String)

    def _check(self, rows: pl.DataFrame) -> None:
        wanted = self._wanted()
        missing = [name for name in wanted if name not in rows.columns]
        if missing:
            raise FeatureMismatchError(
                f"the feature table lacks {missing}, on which the predictor was trained; "
                "compute it with the same version of the catalog or train anew"
            )
        odd = {name: str(rows[name].dtype) for name, dtype in wanted.items() if rows[name].dtype != dtype}
        if odd:
            raise FeatureMismatchError(
                f"the predictor was trained on numbers as Float32 and names as String, found {odd}"
            )

    def document(self) -> dict[str, Any]:
        """The encoding as JSON holds it."""
        return {
            "numbers": list(self.numbers),
            "number_dtype": "Float32",
            "categories": [[name, list(words)] for name, words in self.categories.items()],  # in order, whoever sorts
            "category_dtype": "Int32",
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Encoding":
        """The encoding out of JSON."""
        categories = {name: tuple(words) for name, words in document["categories"]}
        return cls(numbers=tuple(document["numbers"]), categories=categories)
