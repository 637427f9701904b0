"""A page per reader that shows a live session and reads itself anew: static files, no script, nothing fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Template

from stocking.acts.audiences import Audience, Board, shares
from stocking.acts.shown import shown
from stocking.acts.texts import KINDS, NAMES, TEXTS
from stocking.papers.frame import frame
from stocking.papers.paper import About
from stocking.papers.voice import Voice

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Status:
    """How things stand beside the figures.

    Attributes:
        tick: number of the last batch.
        cutoff: up to when it knows what happened.
        feed: how the feed does, in words.
        is_stale: whether the figures are too old to act on.
        refresh_seconds: how often a page reads itself anew.
        timezone: IANA name; whose hours are told.
        currency: ISO code of all money.
    """

    tick: int
    cutoff: datetime
    feed: str
    is_stale: bool
    refresh_seconds: int
    timezone: str
    currency: str


def pages(board: Board, status: Status, audiences: Sequence[Audience] = tuple(NAMES)) -> dict[str, bytes]:
    """Every reader's page by the name of its file: the same board, the same bytes.

    Whatever comes from data is escaped; the content policy allows the page's own style and nothing else.
    """
    voice = Voice.of(About(status.cutoff, timedelta(0), status.timezone, status.currency, "", ""), "en")
    template = _template()
    return {
        page_name(share.audience, share.reader): template.render(
            share=share, status=status, name=NAMES[share.audience], moment=voice.moment(status.cutoff), **told
        ).encode()
        for share, told in shown(shares(board, audiences), status.cutoff, voice)
    }


def page_name(audience: Audience, reader: str | None) -> str:
    """The file of a reader's page: a digest, since an id may hold anything; a reader without a name has one, too.

    >>> page_name("merchant", "../x") != page_name("merchant", None)
    True
    """
    known = "" if reader is None else f"|{reader}"
    return f"{sha256(f'{audience}{known}'.encode()).hexdigest()[:16]}.html"


@cache
def _template() -> Template:
    made = frame(TEMPLATES, "live.css")
    made.globals |= {"texts": TEXTS, "kinds": KINDS}
    return made.get_template("live.html.j2")
