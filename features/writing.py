"""How people write, made even: one clause a line, cut into words."""

import re
from collections.abc import Iterable, Iterator

import polars as pl

from features.traditional import SIMPLIFIED

MARK = "·"
"""Stands before and after each word of a cut clause. No sign but `?` outlasts `even`, so nobody can write one."""

HELD = 3
"""So often a Latin letter stands that was held: soooo is sooo; no word of a dictionary has one thrice."""

_HAN = "[㐀-鿿]"
_RUN = re.compile(rf"({_HAN})\1{{2,}}")  # 好好好看
_HELD = re.compile(rf"([a-z])\1{{{HELD},}}")  # goooood
_EITHER_OR = re.compile(rf"({_HAN}{{1,2}})[不没]\1")  # 好不好, 有没有, 喜欢不喜欢
_LAST = re.compile(rf"(?<={_HAN})[不没] *$", re.MULTILINE)  # 包邮不, 发货没
_SPACE = re.compile(rf"(?<={_HAN}) +(?={_HAN})")


def clauses(texts: pl.Series) -> pl.DataFrame:
    """The clauses of each text: `text`, its place among the texts, and `clause`, its words between marks."""
    lines = pl.Series([_questions(text) for text in even(texts)], dtype=pl.String).str.split("\n")
    said = pl.DataFrame({"clause": lines}).with_row_index("text").explode("clause")
    cut = said.with_columns(pl.Series("clause", words(said["clause"]), dtype=pl.String))
    return cut.filter(pl.col("clause") != "")


def even(texts: pl.Series) -> pl.Series:
    """Texts in small, half-width, simplified letters; of all signs only `?` stays, and clauses end at line ends."""
    return (
        texts.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_many(SIMPLIFIED)
        .str.replace_all(r"['’‘`\p{M}\p{Cf}]", "")  # don't, dont
        .str.replace_all(r"[,.!;:。、…~|()\[\]\n\r]+", "\n")
        .str.replace_all(r"[^\p{L}\p{N}?\n]+", " ")
        .str.replace_all(r"[ \n]*\?[ ?]*", "?\n")
    )


def words(clauses: Iterable[str]) -> Iterator[str]:
    """Each clause with a mark before and after each of its words, as a dictionary of Chinese cuts it."""
    import rjieba  # reads its dictionary: 0.1 s

    # without the statistical model that guesses words: a phrase of the lexicon is then cut alike everywhere
    return ("".join(f"{MARK}{word}{MARK}" for word in rjieba.cut(one, hmm=False) if word != " ") for one in clauses)


def _questions(text: str) -> str:
    """The text with a `?` wherever grammar asks, nothing repeated without end, and a line end at spaces in Chinese."""
    text = _HELD.sub(HELD * r"\1", text)
    return _LAST.sub("?", _SPACE.sub("\n", _EITHER_OR.sub(r"?\1", _RUN.sub(r"\1", text))))
