"""Text that a spreadsheet shows as it is: no formula starts in it, no digit of an id gets lost.

A quote mark around a cell does not stop a formula; an apostrophe before it does. Programs that split at semicolons look
for formulas after those too. Line breaks and other control characters become blanks, so that a cell stays one cell.
"""

import polars as pl

_FORMULA = r"[=+\-@＝＋－＠]"
_INVISIBLE = r"[\s\p{C}]*"
_LEADING = rf"^{_INVISIBLE}{_FORMULA}"
_AFTER_SEPARATOR = rf"([;|]{_INVISIBLE})({_FORMULA})"
_MISREAD_NUMBER = r"^(0[0-9]+|[0-9]{16,}|[0-9]+(\.[0-9]+)?[eE][0-9]+)$"
_MISREAD_DATE = r"^[0-9]{1,4}[-/.][0-9]{1,2}([-/.][0-9]{1,4})?$"


def safe_text(text: pl.Expr) -> pl.Expr:
    """The text with an apostrophe wherever a spreadsheet would calculate, or read an id as a number or a date.

    >>> unsafe = pl.DataFrame({"t": ["=1+1", "Lipstick", "0042", "1-2", "a;=2", "＝1"]})
    >>> unsafe.select(safe_text(pl.col("t")))["t"].to_list()
    ["'=1+1", 'Lipstick', "'0042", "'1-2", "a;'=2", "'＝1"]
    """
    flat = text.str.replace_all(r"\p{Cc}", " ").str.replace_all(_AFTER_SEPARATOR, "${1}'${2}")
    starts = text.str.contains(rf"^\p{{Cc}}|{_LEADING}")
    misread = flat.str.contains(_MISREAD_NUMBER) | flat.str.contains(_MISREAD_DATE)
    return pl.when(~(starts | misread)).then(flat).otherwise(pl.concat_str(pl.lit("'"), flat))


def written(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as cells: text made safe, lists joined by "; ", instants in ISO 8601; numbers are left alone."""
    return frame.with_columns(_cell(name, dtype) for name, dtype in frame.schema.items())


def _cell(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.String:
        return safe_text(pl.col(name))
    if dtype == pl.List(pl.String):
        return safe_text(pl.col(name).list.join("; "))
    if dtype == pl.Datetime("us", "UTC"):
        return pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    return pl.col(name)
