"""A paper's values as people read them: local time, codes in words, lists as one text, headings with their units."""

from functools import cache

import polars as pl

from stocking.lines import INSTANT
from stocking.papers.codes import CODES
from stocking.papers.columns import COLUMNS
from stocking.papers.paper import About
from stocking.papers.retold import retold
from stocking.papers.style import Language
from stocking.papers.voice import Voice
from stocking.papers.words import Words, words


def shown(frame: pl.DataFrame, about: About, told: Words) -> pl.DataFrame:
    """The frame with text, numbers, days and local times only; what is not known stays empty."""
    again = retold(frame, told.language)
    return again.with_columns(_as_shown(name, dtype, about, told) for name, dtype in frame.schema.items())


@cache
def headings(names: tuple[str, ...], about: About, language: Language) -> list[str]:
    """What the columns are called, with the currency of money and the time zone of moments."""
    told, currency = words(language), Voice.of(about, language).currency
    unit = {"money": f" ({currency})", "price": f" ({currency})", "instant": f" ({about.timezone})"}
    columns = [COLUMNS[name] for name in names]
    return [f"{told.say(column.label)}{unit.get(column.kind, '')}" for column in columns]


def _as_shown(name: str, dtype: pl.DataType, about: About, told: Words) -> pl.Expr:
    value, names = pl.col(name), _names(name, told)
    if dtype == pl.List(pl.String):
        between = "\n" if COLUMNS[name].kind == "words" else told.semicolon
        return value.list.eval(pl.element().replace(names)).list.join(between)
    if dtype == pl.String:
        return value.replace(names)
    if dtype == INSTANT:
        return value.dt.convert_time_zone(about.timezone).dt.replace_time_zone(None)
    return value


def _names(name: str, told: Words) -> dict[str, str]:
    return {code: told.say(one.label) for code, one in CODES.get(name, {}).items()}
