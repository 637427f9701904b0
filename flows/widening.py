"""How a table of the lake gets columns that an earlier release did not know: files first, then what the table says."""

from collections.abc import Iterable
from pathlib import PurePosixPath

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema

from flows.appending import DAY, Append
from flows.delta_log import LOG, UNCHANGED
from flows.places import Place, read_rows, settle_all


class LakeOutdatedError(ValueError):
    """A table that an earlier release made: `baokuan upgrade` gives it today's columns."""

    def __init__(self, found: str) -> None:
        super().__init__(f"{found}: run `baokuan upgrade`")


def lacking(table: DeltaTable, columns: Iterable[str]) -> list[str]:
    """Those of today's columns that a table does not have."""
    there = {field.name for field in table.schema().fields}
    return [column for column in columns if column not in there]


def widened(table: DeltaTable, place: Place, new: pl.DataFrame) -> int:
    """Write every data file anew with some columns more, empty in all rows; how many files that were.

    Their names keep their order, and the steps of those tables that grow step by step. Until the table says that it
    has the columns it counts as outdated, so that a run that dies in between is begun anew.

    Args:
        table: as it is.
        place: where it lies.
        new: the columns, without rows.
    """
    held = pl.DataFrame(table.get_add_actions(flatten=True)).sort("path")
    days = held[f"partition.{DAY}"] if table.metadata().partition_columns else pl.repeat(None, held.height, eager=True)
    if held.height:
        append = Append(table, place, "", days.unique().to_list())
        for path, day in zip(held["path"], days, strict=True):
            rows = read_rows([place / path])
            more = [pl.lit(None, dtype).alias(name) for name, dtype in new.schema.items() if name not in rows.columns]
            old = PurePosixPath(path)
            append.add(rows.with_columns(more), day, f"{old.stem}-{rows.width + len(more)}{old.suffix}")
        append.commit((), {})
    fields = Schema.from_arrow(new.to_arrow().schema).fields
    now = DeltaTable(str(place))
    now.alter.add_columns(fields, commit_properties=CommitProperties(custom_metadata=UNCHANGED))
    settle_all(place / LOG)
    return held.height
