"""The pages of the feedback as files: the operator's, and one for each merchant, named by a list of them.

OUT/feedback.html                          the operator's
OUT/feedback_pages.csv                     which page is whose
OUT/feedback-merchants/<digest of id>.html a merchant's own listings
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stocking.durable import replace
from stocking.exports import clear_shelf, file_name
from stocking.feedback.audiences import shares
from stocking.feedback.page import merchant_page, operator_page
from stocking.feedback.shown import Findings
from stocking.papers import tables
from stocking.papers.paper import About

PAGE, INDEX, FOLDER = "feedback.html", "feedback_pages.csv", "feedback-merchants"


@dataclass(frozen=True)
class Pages:
    """Pages that were written: the operator's, how many merchants have one, and the file that says whose is which."""

    page: Path
    merchants: int
    index: Path


def write_pages(rows: pl.DataFrame, findings: Findings, about: About, out: Path) -> Pages:
    """Write all pages; the same rows give the same bytes. Pages of merchants that have no listing any more go."""
    named = []
    for merchant, own in shares(rows):
        path = replace(out / FOLDER / file_name(merchant, "html"), merchant_page(merchant, own, about))
        named.append((merchant, f"{FOLDER}/{path.name}", own.select("session_id", "product_id").n_unique()))
    schema = {"merchant_id": pl.String, "file": pl.String, "listings": pl.Int64}
    index = replace(out / INDEX, tables.csv(pl.DataFrame(named, schema=schema, orient="row")))
    if (out / FOLDER).is_dir():
        clear_shelf(out / FOLDER, frozenset(out / file for _, file, _ in named))
    return Pages(replace(out / PAGE, operator_page(rows, findings, about)), len(named), index)
