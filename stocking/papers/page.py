"""A paper as one page for a browser: it works offline, fetches nothing, runs nothing, and prints."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stocking.papers.codes import CODES, LIMITS, UNITS
from stocking.papers.columns import COLUMNS
from stocking.papers.fronts import front
from stocking.papers.paper import Paper
from stocking.papers.style import Language
from stocking.papers.voice import Voice, plain
from stocking.papers.words import words

TEMPLATES = Path(__file__).parent / "templates"


def html(paper: Paper, language: Language) -> bytes:
    """The page in UTF-8: the same bytes for the same paper.

    Whatever comes from data is escaped by the templates; the page's content policy forbids everything but its own style
    block, which it names by its hash, so that no script, picture or address could work even if one got in.
    """
    voice = Voice.of(paper.about, language)
    template = _templates(language).get_template(f"{paper.audience}.html.j2")
    return template.render(paper=paper, voice=voice, **front(paper, voice)).encode()


@cache
def _templates(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = plain
    made.globals |= {**_style(), **_texts(language)}
    return made


def _style() -> dict[str, object]:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return {"style": Markup(style), "style_hash": f"sha256-{digest}"}  # noqa: S704 - our own file


def _texts(language: Language) -> dict[str, object]:
    say = words(language).say

    def coded(column: str, code: str) -> str:
        known = CODES[column].get(code)
        return say(known.label) if known else code

    return {
        "say": say,
        "codes": CODES,
        "coded": coded,
        "limits": {name: say(text) for name, text in LIMITS.items()},
        "units": {name: say(text) for name, text in UNITS.items()},
        "label": lambda name: say(COLUMNS[name].label),
        "meaning": lambda name: say(COLUMNS[name].meaning),
    }
