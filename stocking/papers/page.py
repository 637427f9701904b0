"""A paper as one page for a browser: it works offline, fetches nothing, runs nothing, and prints."""

from functools import cache

from jinja2 import Environment

from stocking.papers.codes import CODES, LIMITS, UNITS
from stocking.papers.columns import COLUMNS
from stocking.papers.frame import frame
from stocking.papers.fronts import front
from stocking.papers.paper import Paper
from stocking.papers.style import Language
from stocking.papers.voice import Voice
from stocking.papers.words import words


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
    made = frame()
    made.globals |= _texts(language)
    return made


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
