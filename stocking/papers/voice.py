"""How numbers, money and moments are said to a reader: in their language, their hours and their currency."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache, cached_property
from typing import Self

from babel.dates import format_skeleton, get_timezone
from babel.numbers import get_currency_symbol

from stocking.papers.paper import About
from stocking.papers.style import Language

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LOCALES = {"en": "en", "zh-CN": "zh_Hans_CN"}
DASH = "–"


def plain(text: object) -> str:
    """The text without signs that are not seen but change how other text is read: control signs, turned directions.

    >>> plain("lip" + chr(0x202E) + "stick")
    'lipstick'
    """
    return _UNSEEN.sub("", str(text))


def shortened(text: object, most: int) -> str:
    """The text, cut to what fits: a Chinese sign takes the place of two Latin ones.

    >>> shortened("一支很红的口红", 9), shortened("Lipstick", 9)
    ('一支很红…', 'Lipstick')
    """
    seen = plain(text)
    if _breadth(seen) <= most:
        return seen
    kept = 0
    while _breadth(seen[: kept + 1]) < most:
        kept += 1
    return seen[:kept] + "…"


def _breadth(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)


@dataclass(frozen=True, eq=False)
class Voice:
    """Says values to one reader.

    Attributes:
        language: of the words around the values.
        zone: whose days and hours are told.
        currency: the sign before an amount.
    """

    language: Language
    zone: tzinfo
    currency: str

    @classmethod
    def of(cls, about: About, language: Language) -> Self:
        """The voice of a paper."""
        sign = get_currency_symbol(about.currency, locale=_LOCALES[language])
        return cls(language, get_timezone(about.timezone), sign)

    def count(self, number: float | None) -> str:
        """A whole number: `1,234`; a dash where it is not known."""
        return DASH if number is None else f"{round(number):,}".replace("-", "−")

    def tenths(self, number: float | None) -> str:
        """A small number with one digit after the point, a large one without."""
        return f"{number:.1f}" if number is not None and 0 < number < 9.95 else self.count(number)  # noqa: PLR2004

    def money(self, amount: float | None) -> str:
        """An amount without its small change: `¥1,234`, `−¥20`."""
        if amount is None:
            return DASH
        return f"{'−' if round(amount) < 0 else ''}{self.currency}{abs(round(amount)):,}"

    def price(self, amount: float | None) -> str:
        """What one unit costs, to the cent where it has cents: `¥9.90`, `¥59`."""
        if amount is None or amount == round(amount):
            return self.money(amount)
        return f"{'−' if amount < 0 else ''}{self.currency}{abs(amount):,.2f}"

    def share(self, part: float | None) -> str:
        """A share of one in percent."""
        return DASH if part is None else f"{part:.0%}"

    def day(self, moment: date | None) -> str:
        """`Fri, Jun 21` or `6月21日周五`."""
        return DASH if moment is None else self._dated("MMMEd", moment)

    def short_day(self, moment: date | None) -> str:
        """`Jun 21` or `6月21日`."""
        return DASH if moment is None else self._dated("MMMd", moment)

    def hour(self, moment: datetime | None) -> str:
        """`20:00`."""
        return DASH if moment is None else self._dated("Hm", moment)

    def moment(self, moment: datetime | None) -> str:
        """`Fri, Jun 21 20:00`."""
        return DASH if moment is None else f"{self.day(moment)} {self.hour(moment)}"

    def full(self, moment: datetime) -> str:
        """With its year."""
        return f"{self._dated('yMMMEd', moment)} {self.hour(moment)}"

    @cached_property
    def _dated(self) -> Callable[[str, date], str]:
        locale = _LOCALES[self.language]
        return cache(lambda skeleton, moment: format_skeleton(skeleton, *self._placed(moment), locale=locale))

    def _placed(self, moment: date) -> tuple[datetime, tzinfo]:
        """A moment in the reader's zone; a day is the reader's already."""
        return (moment, self.zone) if isinstance(moment, datetime) else (datetime.combine(moment, time(), UTC), UTC)
