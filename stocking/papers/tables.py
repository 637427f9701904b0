"""A paper's lines for programs: names that never change, exact values, no words around them."""

import io

import polars as pl

from stocking.cells import written

_ROWS_A_GROUP = 100_000


def csv(lines: pl.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, lines that end in CR LF, text quoted and made safe, instants in UTC."""
    buffer = io.BytesIO()
    written(lines).write_csv(buffer, include_bom=True, line_terminator="\r\n", quote_style="non_numeric")
    return buffer.getvalue()


def parquet(lines: pl.DataFrame) -> bytes:
    """Exact types and values; the same rows give the same bytes, however they were put together."""
    buffer = io.BytesIO()
    lines.rechunk().write_parquet(buffer, compression="zstd", row_group_size=_ROWS_A_GROUP)
    return buffer.getvalue()
