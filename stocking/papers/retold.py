"""Texts that reach the papers composed, in English, told again in the reader's language: notes, reasons, findings.

They are kept and exported in English, as programs read them; people's papers tell them again. `retold.po` holds them as
patterns, `{}` for what differs: a number, or a phrase that has a translation of its own. What fits no pattern, such as
a buyer's own words, stays as it came.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from stocking.papers.columns import COLUMNS
from stocking.papers.style import Language
from stocking.papers.words import catalogue

_HOLE = "{}"
_LONGEST = 400
"""No text that is composed here is longer, and looking for holes takes ever longer in texts that are."""


@dataclass(frozen=True, eq=False)
class Phrasebook:
    """How English texts are told in one language.

    Attributes:
        whole: texts without holes.
        patterns: what texts with holes look like, and how they are told; the most particular first.
    """

    whole: Mapping[str, str]
    patterns: Sequence[tuple[re.Pattern[str], str]]

    def tell(self, text: str) -> str:
        """The text in the reader's language, or as it came where nobody foresaw it.

        >>> phrasebook("zh-CN").tell("the merchant decided: 30 units")
        '已按商家决定：30 件'
        """
        if text in self.whole or len(text) > _LONGEST:
            return self.whole.get(text, text)
        for pattern, told in self.patterns:
            found = pattern.fullmatch(text)
            if found:
                return told.format(*(self.whole.get(part, part) for part in found.groups()))
        return text


@cache
def phrasebook(language: Language) -> Phrasebook:
    """How composed texts are told in a language."""
    told = {str(one.id): str(one.string) for one in catalogue("retold", language) if one.id}
    particular = sorted((text for text in told if _HOLE in text), key=len, reverse=True)
    return Phrasebook(
        whole={text: told[text] for text in told if _HOLE not in text},
        patterns=[(_pattern(text), told[text]) for text in particular],
    )


def retold(frame: pl.DataFrame, language: Language) -> pl.DataFrame:
    """The frame with its composed texts in the reader's language."""
    names = [name for name in frame.columns if name in COLUMNS and COLUMNS[name].composed]
    return frame.with_columns(_told(frame[name], phrasebook(language)) for name in names)


def _told(texts: pl.Series, book: Phrasebook) -> pl.Expr:
    """A column's texts told again, each different one once."""
    is_list = texts.dtype == pl.List(pl.String)
    different = (texts.explode() if is_list else texts).drop_nulls().unique(maintain_order=True)
    again = {text: book.tell(text) for text in different}
    told = pl.element() if is_list else pl.col(texts.name)
    told = told.replace(list(again), list(again.values()))
    return pl.col(texts.name).list.eval(told) if is_list else told


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, text.split(_HOLE))))
