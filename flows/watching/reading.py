"""Files and rows through the same door as `baokuan ingest`: checked, pseudonymised, and the bad ones set aside.

All rows of a table that belong into one tick are checked at once, whatever files they came in: that costs as much as
checking those of one small file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import polars as pl

from features.contract import TableContract
from features.contracts import TABLES
from features.landing import FORMATS, opened
from features.landing_files import LandingFile
from features.landing_settings import IngestSettings
from features.privacy import Door, at_the_door
from features.quarantine import FAULTS, QUARANTINE, kept, of_file
from features.raw import ROW, Raw
from features.sifting import sift


@dataclass(frozen=True, eq=False)
class Unchecked:
    """The rows of one file or one answer of a database, as they were read.

    Attributes:
        contract: of their table.
        name: of the file, or what stands in its place in quarantine.
        raws: the rows and what could not be read.
        refused: whether nothing of the file could be read.
    """

    contract: TableContract
    name: str
    raws: tuple[Raw, ...]
    refused: bool = False


@dataclass(frozen=True, eq=False)
class Reader:
    """By which rules rows are let in."""

    settings: IngestSettings
    door: Door

    def file(self, file: LandingFile) -> Unchecked:
        """All rows of a file.

        Raises:
            FileRefusedError: it cannot be read as its table at all.
        """
        source, form = opened(file, self.settings), FORMATS[file.path.suffix.lower()]
        names = [name for name in file.contract.columns if form.sparse or name not in source.lacking]
        return Unchecked(file.contract, file.name, tuple(form.rows(file.path, names, self.settings)))

    def refused(self, file: LandingFile, reason: str) -> Unchecked:
        """Nothing of a file but why it cannot be read."""
        return Unchecked(file.contract, file.name, (_faulty(of_file(reason)),), refused=True)

    def checked(self, found: Sequence[Unchecked]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
        """The good rows of each table that has any, in the order of the files, and the faults of all others.

        Returns:
            The tables as their contracts say, and faults as quarantine keeps them.
        """
        tables, bad = {}, [pl.DataFrame(schema=QUARANTINE)]
        for name, contract in TABLES.items():
            rows, faults = self._table(contract, [one for one in found if one.contract is contract])
            bad.append(faults)
            if rows.height:
                tables[name] = rows
        return tables, pl.concat(bad)

    def _table(self, contract: TableContract, found: Sequence[Unchecked]) -> tuple[pl.DataFrame, pl.DataFrame]:
        pieces = [(one.name, raw.rows) for one in found for raw in one.raws if raw.rows.height]
        read = [self._kept(contract, one.name, raw.faults) for one in found for raw in one.raws]
        good, broken = _sifted(contract, [rows for _, rows in pieces])
        names = [name for name, _ in pieces]
        told = [
            self._kept(contract, names[number], faults.drop("piece"))
            for (number,), faults in broken.partition_by("piece", as_dict=True, maintain_order=True).items()
        ]
        return at_the_door(good, contract, self.door), pl.concat([pl.DataFrame(schema=QUARANTINE), *read, *told])

    def _kept(self, contract: TableContract, name: str, faults: pl.DataFrame) -> pl.DataFrame:
        return kept(faults, contract, name, self.settings.value_characters).cast(QUARANTINE)


def _faulty(faults: pl.DataFrame) -> Raw:
    return Raw(pl.DataFrame(schema={ROW: pl.Int64()}), faults)


def _sifted(contract: TableContract, pieces: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The good rows of all pieces, and the faults of the others with the number of the piece and their row in it."""
    offsets = list(accumulate((piece.height for piece in pieces), initial=0))
    numbered = [
        _alike(contract, piece.drop(ROW)).with_row_index(ROW, offset)
        for piece, offset in zip(pieces, offsets, strict=False)
    ]
    parts = [sift(contract, Raw(rows, FAULTS.to_frame())) for rows in _stacked(numbered)]
    good = pl.concat([part.rows for part in parts]).sort(ROW).drop(ROW) if parts else contract.empty()
    broken = pl.concat([FAULTS.to_frame(), *(part.faults for part in parts)]).sort(ROW, maintain_order=True)
    return good, _traced(broken, pieces)


def _alike(contract: TableContract, piece: pl.DataFrame) -> pl.DataFrame:
    """All columns of the contract; those that are absent or say nothing have its types, the others stay as read."""
    void = {name for name in contract.columns if name not in piece.columns or piece[name].dtype == pl.Null}
    return piece.select(
        pl.lit(None, dtype).alias(name) if name in void else pl.col(name) for name, dtype in contract.dtypes.items()
    )


def _stacked(pieces: Iterable[pl.DataFrame]) -> list[pl.DataFrame]:
    """Pieces with the same types on top of each other: text of CSV files is not numbers of Parquet files yet."""
    alike: dict[tuple[pl.DataType, ...], list[pl.DataFrame]] = {}
    for piece in pieces:
        alike.setdefault(tuple(piece.dtypes), []).append(piece)
    return [pl.concat(same, rechunk=True) for same in alike.values()]


def _traced(broken: pl.DataFrame, pieces: Sequence[pl.DataFrame]) -> pl.DataFrame:
    if broken.is_empty():
        return broken.with_columns(piece=pl.lit(0))
    told = [piece.select(pl.col(ROW).cast(pl.Int64), piece=pl.lit(n)) for n, piece in enumerate(pieces)]
    origins = pl.concat(told)[broken[ROW].to_list()]
    return broken.with_columns(origins.get_columns())
