"""The stocking list as files: one Parquet file for programs, one CSV file per merchant for people.

    OUT/stocking_list.parquet                      the whole list, exact types
    OUT/merchants.csv                              which file is whose, and of which list
    OUT/merchants-<list digest>/<merchant>.csv     one merchant's lines

The merchants' files are complete before `merchants.csv` names them, and those of an earlier list go after that: who
starts from `merchants.csv` sees one list or the other, never a mixture. Its `list_sha256` says which
`stocking_list.parquet` it belongs to: between the two renames, or after a crash there, they differ.
"""

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stocking.cells import written
from stocking.durable import replace
from stocking.lines import checked
from stocking.stocking_list import STOCKING_LIST

LIST_FILE = "stocking_list.parquet"
INDEX_FILE = "merchants.csv"
NO_MERCHANT = "no-merchant"
_ROWS_A_GROUP = 100_000
_FOLDER = re.compile(r"merchants-[0-9a-f]{12}")
_FILE = re.compile(rf"\.?([0-9a-f]{{16}}|{NO_MERCHANT})\.csv(\..+\.tmp)?")


@dataclass(frozen=True)
class Exported:
    """Where a stocking list was written."""

    stocking_list: Path
    index: Path
    merchants: tuple[Path, ...]
    sha256: str


def write(stocking_list: pl.DataFrame, out_dir: Path) -> Exported:
    """Write the list and its merchants' files; the same list gives the same bytes, and replaces an earlier one.

    Raises:
        pandera.errors.SchemaErrors: the frame is not a stocking list.
    """
    content = _parquet(checked(stocking_list, STOCKING_LIST))
    digest = hashlib.sha256(content).hexdigest()
    folder = out_dir / f"merchants-{digest[:12]}"
    shares = _by_merchant(stocking_list)
    files = tuple(replace(folder / file_name(merchant), _csv(lines)) for merchant, lines in shares)
    exported = Exported(
        stocking_list=replace(out_dir / LIST_FILE, content),
        index=replace(out_dir / INDEX_FILE, _csv(_index(shares, folder.name, digest))),
        merchants=files,
        sha256=digest,
    )
    _clear_earlier(out_dir, frozenset(files))
    return exported


def file_name(merchant_id: str | None) -> str:
    """A merchant's file, named so that no id can reach outside the folder or clash in upper and lower case.

    >>> file_name("../../etc/passwd")
    '3754d6cb3a38e118.csv'
    """
    if merchant_id is None:
        return f"{NO_MERCHANT}.csv"
    return f"{hashlib.sha256(merchant_id.encode()).hexdigest()[:16]}.csv"


def _by_merchant(stocking_list: pl.DataFrame) -> list[tuple[str | None, pl.DataFrame]]:
    ordered = stocking_list.sort("merchant_id", "rank", nulls_last=True)
    return [(lines["merchant_id"][0], lines) for lines in ordered.partition_by("merchant_id", maintain_order=True)]


def _index(shares: list[tuple[str | None, pl.DataFrame]], folder: str, digest: str) -> pl.DataFrame:
    text = {"file": pl.String, "merchant_id": pl.String}
    counts = {"listings": pl.Int64, "recommended_units": pl.Int64, "reserve_units": pl.Int64}
    rows = [
        (
            f"{folder}/{file_name(merchant)}",
            merchant,
            lines.height,
            lines["recommended_units"].sum(),
            lines["reserve_units"].sum(),
            digest,
        )
        for merchant, lines in shares
    ]
    return pl.DataFrame(rows, schema={**text, **counts, "list_sha256": pl.String}, orient="row")


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.rechunk().write_parquet(buffer, compression="zstd", row_group_size=_ROWS_A_GROUP)
    return buffer.getvalue()


def _csv(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    written(frame).write_csv(buffer, include_bom=True, line_terminator="\r\n", quote_style="non_numeric")
    return buffer.getvalue()


def _clear_earlier(out_dir: Path, current: frozenset[Path]) -> None:
    """Remove what earlier lists left, whole or in fragments; foreign files stay, and so do their folders."""
    for folder in (path for path in out_dir.iterdir() if _FOLDER.fullmatch(path.name) and path.is_dir()):
        for file in folder.iterdir():
            if _FILE.fullmatch(file.name) and file not in current:
                file.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
