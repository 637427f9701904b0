"""What a backtest says, as a page to read and as lines at a terminal."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from models.report import ALL, FOLD, GAIN, LOCKED, OPEN, SPLITS

MAIN = ("ap_all", "ndcg_at_k", "brier_skill", "wape_all", "bias_all", "pinball_all", "coverage80", "profit_share")
GAINS = ("pinball_all", "wape_all", "ap_all", "profit_share")
OTHERS = (
    "ap", "precision_at_k", "log_loss", "reliability_slope", "reliability_intercept", "wape", "bias", "pinball",
    "fill_rate", "leftover_share",
)  # fmt: skip
FEW = ("pinball_all", "wape_all", "ap_all", "profit_share")
LEVELS = ("p05", "p10", "p25", "p50", "p75", "p90", "p95", "p98")
HOW_TO_READ = """
In brackets is the interval that holds nine of ten draws of whole sessions. The last origin is locked: nothing was to be
chosen by it, so that its figures say what a choice made by the other folds is worth. `_all` counts every listing, a
sold-out one by its rebuilt demand and the share of its arrivals that found stock; without it only listings that did not
sell out are judged, which flatters forecasts that are too low. A median's `bias` is below zero where demand is skewed;
that is no fault. What each word means stands in the page for data scientists.
"""


def markdown(told: pl.DataFrame, facts: Mapping[str, str]) -> str:
    """The whole page.

    Args:
        told: what `models.report.report` gave.
        facts: what it rests on, by name, in words.
    """
    head = ["# Backtest", "", "| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts.items())]
    scopes = {OPEN: "All folds but the locked one", LOCKED: "The locked fold", ALL: "All folds"}
    sections = [line for scope, title in scopes.items() for line in _scope(told, scope, title)]
    return "\n".join([*head, HOW_TO_READ, *sections, *_splits(told), *_folds(told), ""])


def in_words(told: pl.DataFrame) -> tuple[str, ...]:
    """One line a predictor: its main scores over the folds that choices are made by, or the locked one if it is alone.

    Args:
        told: what `models.report.report` gave.
    """
    scope = OPEN if told.filter(scope=OPEN).height else LOCKED
    lines = (
        told.filter(pl.col("metric").is_in(MAIN), scope=scope, split=ALL)
        .with_columns(pl.format("{} {}", "metric", pl.col("value").round(3)).alias("text"))
        .group_by("predictor", maintain_order=True)
        .agg(pl.col("text").str.join(", "))
    )
    return tuple(f"{name}: {text}" for name, text in lines.iter_rows())


def _scope(told: pl.DataFrame, scope: str, title: str) -> Iterable[str]:
    rows = told.filter(scope=scope, split=ALL)
    if not rows.height:
        return []
    gains = [f"{name}{GAIN}" for name in GAINS]
    shares = [f"{kind}_{level}" for level in LEVELS for kind in ("below", "coverage")]
    return [
        f"## {title}", "", *_table(rows, MAIN), "",
        "By how much ours is better than each, on the same draws (positive is better):", "", *_table(rows, gains), "",
        *_table(rows, OTHERS), "",
        "Shares of outcomes below each quantile, and at or below it; a level is right that lies between:", "",
        *_table(rows, shares), "",
    ]  # fmt: skip


def _splits(told: pl.DataFrame) -> Iterable[str]:
    for split in SPLITS:
        rows = told.filter(scope=OPEN, split=split)
        if split != ALL and rows.height:
            yield from (f"## Listings: {split}", "", *_table(rows, FEW), "")


def _folds(told: pl.DataFrame) -> Iterable[str]:
    rows = told.filter(scope=FOLD, split=ALL)
    for fold in rows["fold"].unique().sort():
        yield from (f"## Fold {fold}", "", *_table(rows.filter(fold=fold), FEW), "")


def _table(rows: pl.DataFrame, metrics: Sequence[str]) -> list[str]:
    """One row a predictor, ours first, one column a metric."""
    cells = {(name, metric): _cell(*values) for name, metric, *values in rows.select(
        "predictor", "metric", "value", "low", "high"
    ).iter_rows()}  # fmt: skip
    names = rows["predictor"].unique(maintain_order=True).to_list()
    there = [metric for metric in metrics if any((name, metric) in cells for name in names)]
    told = [name for name in names if any((name, metric) in cells for metric in there)]
    lines = [f"| {name} | {' | '.join(cells.get((name, metric), '') for metric in there)} |" for name in told]
    return [f"| predictor | {' | '.join(there)} |", f"|---{'|---' * len(there)}|", *lines]


def _cell(value: float, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{value:.3f}{ends}"
