"""The model card of a training run: what the predictor is, learnt from, is worth, and cannot do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from flows.summaries import plain
from models.dataset import LISTING, Dataset
from models.promotion import Verdict
from models.settings import ModelSettings
from models.train import CHALLENGER

SHOWN = ("pinball_all", "wape_all", "wape", "bias", "coverage80", "ap_all", "brier_skill", "reliability_slope")
MEANINGS: Mapping[str, str] = {
    "pinball_all": "mean loss of all quantiles, in units; less is better",
    "wape_all": "units wrong over units wanted, sold-out listings by their rebuilt demand; less is better",
    "wape": "the same over listings that did not sell out",
    "bias": "units too many over units wanted; 0 is right",
    "coverage80": "share of outcomes between the 10% and 90% quantiles; 0.8 is right",
    "ap_all": "average precision of the ranking by chance of a hit; more is better",
    "brier_skill": "how much better than always saying the share of hits; more is better",
    "reliability_slope": "whether chances are as far apart as they should be; 1 is right",
}


@dataclass(frozen=True, eq=False)
class Card:
    """What a model card tells of.

    Attributes:
        dataset: what the predictor learnt from.
        settings: with which.
        facts: market, revision, lock, data version, and where its forecast of returns comes from.
        judged: the forecasts by which it was judged.
        scores: one row per predictor, fold and metric.
        verdict: of the rules of promotion.
        notes: what a reader must know.
    """

    dataset: Dataset
    settings: ModelSettings
    facts: Mapping[str, str]
    judged: pl.DataFrame
    scores: pl.DataFrame
    verdict: Verdict
    notes: tuple[str, ...]


def card(told: Card) -> str:
    """The model card as Markdown."""
    parts = [
        ("What it is", _what(told)),
        ("Learnt from", _lessons(told)),
        ("Judged on", _folds(told)),
        ("Figures", _figures(told)),
        ("Verdict", _verdict(told.verdict)),
        ("Limits", _limits(told)),
    ]
    lines = [line for title, body in parts for line in (f"## {title}", "", *body, "")]
    return "\n".join([f"# Demand predictor as of {told.dataset.as_of:%Y-%m-%d %H:%M} UTC", "", *lines])


def _what(told: Card) -> Iterator[str]:
    yield (
        "Forecasts of each listing of the coming sessions: its demand as if stock were unlimited, as quantiles; its "
        "chance to be a hit; the share of units that come back. Gradient-boosted trees (LightGBM) whose widths and "
        "chances were put right by their own past errors."
    )
    yield ""
    yield from _rows({"horizon": f"{told.settings.horizon_days:g} days", **told.facts})


def _lessons(told: Card) -> Iterator[str]:
    rows = told.dataset.rows
    yield from _rows(
        {
            "listings that were over": f"{told.dataset.listings:,}, in {rows.height:,} rows",
            "sessions": f"{rows['session_id'].n_unique():,}, {_span(rows)}",
            "features": f"{len(told.dataset.features)}",
            "sold out": f"{_share(rows, 'censored')} of the rows: their demand was rebuilt from the time before",
            "hits": f"{_share(rows, 'hit')} of the rows that could be labelled",
            "new products": f"{_share(rows, 'is_new_product')} of the rows",
        }
    )


def _folds(told: Card) -> Iterator[str]:
    own = told.judged.filter(predictor=CHALLENGER) if told.judged.height else told.judged
    if not own.height:
        yield "Nothing: there was too little time, or there were too few listings."
        return
    yield "Sessions later than those learnt from, fold by fold, each forecast by what was trained before it."
    yield ""
    yield "| fold | sessions | listings | rows | from - to |"
    yield "|---|---|---|---|---|"
    for (fold,), rows in own.partition_by("fold", as_dict=True, maintain_order=True).items():
        counts = f"{rows['session_id'].n_unique():,} | {rows.select(LISTING).n_unique():,} | {rows.height:,}"
        yield f"| {fold} | {counts} | {_span(rows)} |"


def _figures(told: Card) -> Iterator[str]:
    overall = told.scores.filter(pl.col("fold").is_null(), pl.col("metric").is_in(SHOWN))
    shown = [name for name in SHOWN if name in set(overall["metric"])]
    if not shown:
        yield "None."
        return
    values = {(who, metric): value for who, metric, value in overall.drop("fold").iter_rows()}
    names = overall["predictor"].unique(maintain_order=True).to_list()
    ordered = sorted(names, key=lambda name: name != CHALLENGER)
    yield f"| | {' | '.join('**this**' if name == CHALLENGER else name for name in ordered)} |"
    yield "|---" * (len(ordered) + 1) + "|"
    for metric in shown:
        cells = (f"{values[who, metric]:.4g}" if (who, metric) in values else "" for who in ordered)
        yield f"| `{metric}` | {' | '.join(cells)} |"
    yield ""
    yield from (f"- `{metric}`: {MEANINGS[metric]}" for metric in shown)


def _verdict(verdict: Verdict) -> Iterator[str]:
    yield f"**{plain(verdict.reasons[0])}**"
    yield ""
    for rule in verdict.rules:
        kept = "kept" if rule.kept else "not kept"
        yield f"- {kept}{'' if rule.required else ' (not required)'}: {plain(rule.said)}"


def _limits(told: Card) -> Sequence[str]:
    return [
        f"- It had seen nothing after {told.dataset.as_of.isoformat()}; as habits change it gets worse.",
        f"- It looks at most {told.settings.horizon_days:g} days ahead.",
        "- Demand of sold-out listings was never seen: it is rebuilt, and judged with less weight.",
        "- A category, room or anchor that it never met is unknown to it, not like its neighbours.",
        "- Forecasts say what goes with demand, not what causes it: a changed price need not do what they seem to say.",
        *(f"- {plain(note)}" for note in told.notes),
    ]


def _rows(facts: Mapping[str, str]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {plain(name)} | {plain(fact)} |" for name, fact in facts.items())


def _span(rows: pl.DataFrame) -> str:
    begin, end = rows.select(begin=pl.col("scheduled_at").min(), end=pl.col("scheduled_at").max()).row(0)
    return f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}" if begin else "none"


def _share(rows: pl.DataFrame, flag: str) -> str:
    share = rows[flag].mean()
    return f"{100 * share:.1f}%" if isinstance(share, float) else "none"
