"""How to read a paper: what it is, what to do with it, what its columns and codes mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from stocking.papers.codes import LEGENDS, LIMITS, UNITS
from stocking.papers.columns import COLUMNS
from stocking.papers.paper import Audience, Paper
from stocking.papers.shown import headings
from stocking.papers.style import Language
from stocking.papers.voice import Voice
from stocking.papers.words import marked, words

TITLES: dict[Audience, str] = {
    "merchant": marked("Stocking list"),
    "supplier": marked("Production order"),
    "logistics": marked("Warehouse and parcels"),
    "anchor": marked("Run of show"),
}

ADVICE: dict[Audience, tuple[str, ...]] = {
    "merchant": (
        marked("Fill in the yellow cells: the units you approve, 0 for none, and a note if you like."),
        marked("Save the file and hand it back: the next plan keeps to what you decided."),
        marked("Sort and filter as you please; leave the small grey names in the second row and the ids as they are."),
        marked("Printed are the columns up to expected profit; the others are for the screen."),
    ),
    "supplier": (
        marked("One row for each product and each moment at which it is needed."),
        marked("Make now is firm; for the reserve only keep the raw material ready until it is called for."),
    ),
    "logistics": (
        marked("One row for each product of each session, the earliest session first."),
        marked("Parcels are counted in the hour in which their session starts."),
        marked("Region: not known; the data holds no addresses."),
    ),
    "anchor": (
        marked("One row for each product of each session, in the order of the show."),
        marked("When a product sells out, go on with those in the last column."),
    ),
}


@dataclass(frozen=True)
class Guide:
    """Texts for the sheet that explains the others.

    Attributes:
        title: of the paper.
        advice: sentences on what to do with it.
        blocks: by their headings: a label and its text; or a column's heading, its name for programs, its meaning.
    """

    title: str
    advice: tuple[str, ...]
    blocks: Mapping[str, Sequence[tuple[str, ...]]]


def guide(paper: Paper, language: Language, list_sha256: str) -> Guide:
    """How to read this paper, in the reader's language."""
    say = words(language).say
    return Guide(
        title=say(TITLES[paper.audience]),
        advice=tuple(say(sentence) for sentence in ADVICE[paper.audience]),
        blocks={
            say(marked("This list")): [*_about(paper, language, list_sha256), *_sums(paper, language)],
            say(marked("Limits")): list(_limits(paper, language)),
            say(marked("Columns")): _columns(paper, language),
            say(marked("Short names")): [
                (say(one.label), say(one.meaning)) for one in LEGENDS[paper.audience].values()
            ],
        },
    )


def _columns(paper: Paper, language: Language) -> list[tuple[str, str, str]]:
    names = _explained(paper)
    labels = headings(names, paper.about, language)
    say = words(language).say
    return [(label, name, say(COLUMNS[name].meaning)) for label, name in zip(labels, names, strict=True)]


def _explained(paper: Paper) -> tuple[str, ...]:
    of_changes = paper.changes.columns if paper.audience == "merchant" else []
    return tuple(dict.fromkeys([*paper.lines.columns, *of_changes]))


def _about(paper: Paper, language: Language, list_sha256: str) -> Iterator[tuple[str, str]]:
    say, about, voice = words(language).say, paper.about, Voice.of(paper.about, language)
    yield say(marked("Known until")), voice.full(about.cutoff)
    yield say(marked("Sessions until")), voice.full(about.cutoff + about.horizon)
    yield say(marked("Days and hours of")), about.timezone
    yield say(marked("Money in")), about.currency
    yield say(marked("Forecast by predictor")), about.model_version
    yield say(marked("From data")), about.data_version
    yield say(marked("Digest of the list")), list_sha256
    yield say(marked("Lines")), voice.count(paper.lines.height)


def _sums(paper: Paper, language: Language) -> Iterator[tuple[str, str]]:
    """What a merchant's list comes to."""
    if paper.audience != "merchant":
        return
    say, voice = words(language).say, Voice.of(paper.about, language)
    total = paper.lines.select(
        units=pl.col("recommended_units").sum(),
        spend=(pl.col("recommended_units") * pl.col("cost")).sum(),
        profit=pl.col("expected_profit").sum(),
        lost=pl.col("lost_profit").sum(),
    ).row(0, named=True)
    yield say(marked("Units to order")), voice.count(total["units"])
    yield say(marked("To pay for these orders")), voice.money(total["spend"])
    yield say(marked("Profit expected")), voice.money(total["profit"])
    yield say(marked("Profit lost without these orders")), voice.money(total["lost"])


def _limits(paper: Paper, language: Language) -> Iterator[tuple[str, str]]:
    """How much of each limit the plan uses, and what one more would bring where the reader may know it."""
    say, voice = words(language).say, Voice.of(paper.about, language)
    for row in paper.limits.iter_rows(named=True):
        is_money = row["kind"] == "budget"
        count = voice.money if is_money else voice.count
        unit = "" if is_money else f" {say(UNITS.get(row['unit'], row['unit']))}"
        parts = [say(marked("{used} of {limit} used"), used=count(row["used"]), limit=f"{count(row['limit'])}{unit}")]
        if row["until"] is not None:
            parts.insert(0, say(marked("until {moment}"), moment=voice.moment(row["until"])))
        if row["worth"] > 0:
            parts.append(say(marked("one more would bring {money}"), money=voice.price(row["worth"])))
        yield say(LIMITS[row["kind"]]), ", ".join(parts)
