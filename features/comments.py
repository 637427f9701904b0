"""Comments of viewers as topics: what is asked, blamed and praised. The words themselves go no further."""

from functools import cache, reduce

import numpy as np
import polars as pl

from features.ledger import Ints
from features.phrases import looks
from features.settings import Comments, Question, Words
from features.slots import Slots, numbers
from features.writing import MARK, clauses

TOPICS = ("price_questions", "size_questions", "stock_questions", "shipping_questions", "complaints", "praises")
"""What a comment can touch; it counts once for each topic that it touches."""

BATCH_BYTES = 8_000_000
"""Text read at once: bounds the memory."""

REMEMBERED = 1 << 18
"""After so many different texts a listener begins anew: in a live room people write the same, minute after minute."""

_BITS = {topic: 2 << place for place, topic in enumerate(TOPICS)}

_GOOD, _BAD, _NEITHER, _NOT = "⊕", "⊖", "◦", "⊘"
_TURNS = rf"{_NOT}(?:{MARK}+[^{MARK}{_GOOD}{_BAD}{_NEITHER}{_NOT}?]+){{0,3}}{MARK}*"
"""A negation turns what comes at most three words behind it: 不是很好看, not as good."""
_CLAUSE = pl.col("clause")


class Listener:
    """Tells topics by a lexicon, and does not read again what was written lately."""

    def __init__(self, lexicon: Comments) -> None:
        """Nothing was written yet."""
        self._lexicon = lexicon
        self._known = Slots()  # of a text's hash a bit for each topic, and one more, since it is known

    def topics(self, texts: pl.Series) -> pl.DataFrame:
        """One Boolean column a topic, in the order of the texts; a null or empty text touches none.

        Each different text, told apart by 64 bits, is read once, however often it was written.
        """
        written = texts.drop_nulls().cast(pl.String)
        hashes = numbers(written.hash())
        if self._known.count > REMEMBERED:
            self._known = Slots()
        known = self._known.looked_up(hashes)
        if not known.all():
            self._learn(written.filter(pl.Series(known == 0)).unique())
            known = self._known.looked_up(hashes)
        told = np.zeros(len(texts), dtype=np.int64)
        told[texts.is_not_null().to_numpy()] = known
        return pl.DataFrame({topic: told & bit != 0 for topic, bit in _BITS.items()})

    def _learn(self, new: pl.Series) -> None:
        for batch in _batches(pl.DataFrame({"said": new})):
            heard = _heard(batch, self._lexicon)
            self._known.exchange(numbers(heard["said"].hash()), _bits(heard))


def _bits(heard: pl.DataFrame) -> Ints:
    touched = [pl.col(topic).cast(pl.Int64) * bit for topic, bit in _BITS.items()]
    told: Ints = heard.select(pl.sum_horizontal(1, *touched)).to_series().to_numpy()
    return told


def _batches(said: pl.DataFrame) -> list[pl.DataFrame]:
    """The same rows in batches of about as many bytes; every row weighs something."""
    weight = pl.col("said").str.len_bytes().cast(pl.Int64) + 64
    numbered = said.with_columns(batch=weight.cum_sum() // BATCH_BYTES)
    return numbered.partition_by("batch", include_key=False)


def _heard(said: pl.DataFrame, lexicon: Comments) -> pl.DataFrame:
    """What each of different texts touches."""
    by_text = (
        clauses(said["said"])
        .with_columns(_moods(lexicon))
        .with_columns(judged=_judged(lexicon))
        .select(
            "text",
            _asked(lexicon.price_questions).alias("price_questions"),
            _asked(lexicon.size_questions).alias("size_questions"),
            _asked(lexicon.stock_questions).alias("stock_questions"),
            _asked(lexicon.shipping_questions).alias("shipping_questions"),
            *_judgements(),
        )
        .group_by("text")
        .agg(pl.col(TOPICS).any())
    )
    told = said.with_row_index("text").join(by_text, on="text", how="left")
    return told.select("said", pl.col(TOPICS).fill_null(value=False))


@cache
def _moods(lexicon: Comments) -> list[pl.Expr]:
    """Whether a clause asks, and whether what is said in it is meant: 好看吗 praises nothing, 怎么这么慢 does blame."""
    doubts = _says(lexicon.doubting) | _CLAUSE.str.contains(f"{MARK}?{MARK}", literal=True)
    return [(doubts | _says(lexicon.asking)).alias("asks"), (~doubts | _says(lexicon.exclaiming)).alias("means")]


@cache
def _judged(lexicon: Comments) -> pl.Expr:
    """The clause with a sign in place of each complaint, praise and negation; of two that begin alike a complaint."""
    signs = ((lexicon.ignored, _NEITHER), (lexicon.complaints, _BAD), (lexicon.praises, _GOOD))
    judged = reduce(lambda clause, one: _marked(clause, dict.fromkeys(looks(one[0]), one[1])), signs, _CLAUSE)
    return _marked(judged, {**dict.fromkeys(looks(lexicon.negations), _NOT), **_cut_off(lexicon.negations)})


def _cut_off(negations: Words) -> dict[str, str]:
    """Negations that lost their end to what they turn: 不好看 was 不好 and 看."""
    return {look[:-1] + sign: _NOT + sign for look in looks(negations) for sign in (_GOOD, _BAD) if look[-1] == MARK}


def _judgements() -> list[pl.Expr]:
    """Complaints and praises; not good is the one, not bad the other."""
    judged = pl.col("judged")
    kept = judged.str.replace_all(f"{_TURNS}[{_GOOD}{_BAD}]", "")
    bad = kept.str.contains(_BAD, literal=True) | judged.str.contains(_TURNS + _GOOD)
    good = kept.str.contains(_GOOD, literal=True) | judged.str.contains(_TURNS + _BAD)
    return [(bad & pl.col("means")).alias("complaints"), (good & pl.col("means")).alias("praises")]


@cache
def _asked(question: Question) -> pl.Expr:
    nothing_else = _marked(_CLAUSE, dict.fromkeys(looks(question.about), "")) == ""
    return _says(question.asks) | (_says(question.about) & pl.col("asks")) | nothing_else


def _says(phrases: Words) -> pl.Expr:
    return _CLAUSE.str.contains_any(looks(phrases)) if looks(phrases) else pl.lit(value=False)


def _marked(clause: pl.Expr, signs: dict[str, str]) -> pl.Expr:
    return clause.str.replace_many(signs, leftmost=True) if signs else clause
