"""In which language and formats papers are written."""

from typing import Literal

Language = Literal["en", "zh-CN"]
Format = Literal["xlsx", "html", "csv", "parquet"]
