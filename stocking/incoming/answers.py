"""A merchant's workbook read back: which lines it has and what was written into them, before any of it is believed."""

import hashlib
import re
from dataclasses import dataclass

import polars as pl

from stocking.incoming.archive import LIMITS, Limits, WorkbookError, weighed
from stocking.incoming.sheet import read

UNITS = ("recommended_units", "approved_units")
NAMES = ("session_id", "product_id", *UNITS, "note")
"""The columns that are read, under the names in the small second row."""

LINES = pl.Schema({"row": pl.Int64(), **dict.fromkeys(NAMES, pl.String())})


@dataclass(frozen=True, eq=False)
class Answers:
    """What stands in a workbook.

    Attributes:
        lines: `LINES`, one row per line of the sheet; a cell that cannot count is null.
        faults: `stocking.incoming.sheet.CELLS`, one row per such cell.
        sha256: of the file.
        list_sha256: which list it came from; None where the file lost it on its way.
        merchant_id: whose list, written as in a cell; None where the file does not say.
    """

    lines: pl.DataFrame
    faults: pl.DataFrame
    sha256: str
    list_sha256: str | None
    merchant_id: str | None


def answers(content: bytes, limits: Limits = LIMITS) -> Answers:
    """What a merchant's workbook says, whichever program saved it last.

    Raises:
        WorkbookError: no workbook, one for other readers or of another program, or larger than allowed.
    """
    sheet = read(weighed(content, limits), NAMES, UNITS, limits)
    audience = sheet.properties.get("audience", "merchant")
    listed = sheet.properties.get("list_sha256", "")
    if audience != "merchant":
        raise WorkbookError(f"is a list for {audience!r}: only the merchant's list has decisions in it")
    return Answers(
        lines=_by_line(sheet.cells),
        faults=sheet.cells.filter(pl.col("reason").is_not_null()),
        sha256=hashlib.sha256(content).hexdigest(),
        list_sha256=listed if re.fullmatch("[0-9a-f]{64}", listed) else None,
        merchant_id=sheet.properties.get("merchant"),
    )


def _by_line(cells: pl.DataFrame) -> pl.DataFrame:
    counting = pl.when(pl.col("reason").is_null()).then("value")
    columns = [counting.filter(pl.col("column") == name).first().alias(name) for name in NAMES]
    return cells.group_by("row", maintain_order=True).agg(columns)
