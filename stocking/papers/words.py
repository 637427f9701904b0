"""The words around the numbers, in the reader's language: the English text itself, or what the catalogue has for it.

Texts stand where they are used, in English, `marked`; `locale/zh_CN/LC_MESSAGES/papers.po` holds their translations,
by sheet. A test sees to it that none is missing and none is left over.
"""

import gettext
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from stocking.papers.style import Language

_CATALOGUES = {"zh-CN": "zh_CN"}


def marked(text: str) -> str:
    """The text itself; says to whoever gathers texts that this one is shown to readers."""
    return text


@dataclass(frozen=True, eq=False)
class Words:
    """Says texts in one language."""

    language: Language
    translations: gettext.NullTranslations

    def say(self, text: str, **values: object) -> str:
        """The text in the reader's language, its `{names}` filled in.

        >>> words("en").say("{used} of {limit} used", used="8", limit="10")
        '8 of 10 used'
        """
        told = self.translations.gettext(text)
        return told.format(**values) if values else told

    @property
    def semicolon(self) -> str:
        """What stands between the texts of a list."""
        return "；" if self.language == "zh-CN" else "; "


def catalogue(name: str, language: Language) -> Catalog:
    """The translations in `locale/<language>/LC_MESSAGES/<name>.po`; none of English, in which all is written."""
    if language not in _CATALOGUES:
        return Catalog()
    locale = _CATALOGUES[language]
    source = files("stocking.papers").joinpath("locale", locale, "LC_MESSAGES", f"{name}.po")
    return read_po(io.BytesIO(source.read_bytes()), locale=locale)


@cache
def words(language: Language) -> Words:
    """The words of a language, its catalogue compiled in memory."""
    if language not in _CATALOGUES:
        return Words(language, gettext.NullTranslations())
    compiled = io.BytesIO()
    write_mo(compiled, catalogue("papers", language))
    compiled.seek(0)
    return Words(language, gettext.GNUTranslations(compiled))
