"""From phrases of the lexicon to what they look like in cut clauses."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

import polars as pl

from features.settings import Words
from features.writing import HELD, MARK, even, words

_CUT = f"{MARK}{MARK}"
_CHINESE = re.compile("[㐀-鿿]{2,}")
_SHORT = 6
"""Characters of the longest Chinese phrase that may be cut anywhere: it has 63 looks, and each more doubles them."""


@cache
def looks(phrases: Words) -> list[str]:
    """All that any of the phrases may look like in a cut clause, the longest first.

    Whole words, and short Chinese phrases also across a cut if they begin or end where a word does: 好看 is in
    ·最好··看· and 没收到 in ·没收··到货·, but 正品 is not in ·真正··品质·, nor 不好 in ·不好意思·.
    """
    found = {look for tokens in cut(phrases) for look in _looks(tokens)}
    return sorted(found, key=lambda look: (-len(look), look))


def cut(phrases: Words) -> tuple[tuple[str, ...], ...]:
    """The words of each phrase."""
    lines = even(pl.Series([*phrases.zh, *phrases.en], dtype=pl.String)).str.replace_all("\n", " ")
    return tuple(tuple(one.strip(MARK).split(_CUT)) for one in words(lines))


def _looks(tokens: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{MARK}{line}{MARK}" for line in _held(_CUT.join(tokens)))
    phrase = "".join(tokens)
    if _CHINESE.fullmatch(phrase) and len(phrase) <= _SHORT:
        yield f"{MARK}{phrase}{MARK}"
        yield from (look for line in _across(phrase) for look in (MARK + line, line + MARK))


def _across(phrase: str) -> Iterator[str]:
    """The phrase with every choice of cuts inside, at least one."""
    for cuts in product(("", _CUT), repeat=len(phrase) - 1):
        if any(cuts):
            yield "".join(letter + after for letter, after in zip(phrase, (*cuts, ""), strict=True))


def _held(line: str) -> Iterator[str]:
    """The line as it is, and with one letter held: good, goood, but not god."""
    yield line
    yield from (line[: run.start()] + run[1] * HELD + line[run.end() :] for run in re.finditer(r"([a-z])\1*", line))
