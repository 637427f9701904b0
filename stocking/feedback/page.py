"""What became of the lists as a page for a browser: the operator's, and one for each merchant of its own listings."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
from jinja2 import Template

from stocking.feedback.shown import Findings, operator, own
from stocking.papers.frame import frame
from stocking.papers.paper import About
from stocking.papers.voice import Voice

TEMPLATES = Path(__file__).parent / "templates"


def operator_page(rows: pl.DataFrame, findings: Findings, about: About) -> bytes:
    """All listings, all predictors, all segments: the same rows give the same bytes.

    Whatever comes from data is escaped; the content policy allows the page's own style and nothing else.

    Args:
        rows: the feedback, both stages.
        findings: scores and calibration of each listing's last judgement.
        about: `cutoff` is the moment up to which rows were judged, `horizon` how far back they reach.
    """
    voice = Voice.of(about, "en")
    return _rendered(None, operator(rows, findings, voice), about, voice)


def merchant_page(merchant_id: str | None, rows: pl.DataFrame, about: About) -> bytes:
    """A merchant's own listings, made from nothing else.

    Args:
        merchant_id: whose; None where it is not known.
        rows: `stocking.feedback.audiences.MERCHANT` of its listings, both stages.
        about: as on the operator's page.
    """
    voice = Voice.of(about, "en")
    return _rendered(merchant_id or "", own(rows, voice), about, voice)


def _rendered(reader: str | None, told: Mapping[str, object], about: About, voice: Voice) -> bytes:
    days = about.horizon.days
    return _template().render(reader=reader, about=about, days=days, moment=voice.full(about.cutoff), **told).encode()


@cache
def _template() -> Template:
    return frame(TEMPLATES, "feedback.css").get_template("feedback.html.j2")
