"""The feedback in the words and numbers of its pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from stocking.feedback.changes import changes, tally
from stocking.feedback.contract import FRESH, LISTING, MATURE, latest
from stocking.feedback.pictures import bars, by_day, chances, levels, missed
from stocking.papers.bars import columns
from stocking.papers.voice import DASH, Voice

MOST_CHANGES, MOST_NAMES = 20, 12
NAMES = {
    "last_session": "last session",
    "category_mean": "category's mean",
    "anchor_category_mean": "anchor's mean in the category",
    "exponential_mean": "fading mean",
    "days_of_cover": "days of cover",
    "newsvendor_normal": "fading mean, normal errors",
}
SEGMENTS = {
    "kind": "New and known products",
    "merchant": "Merchants",
    "anchor": "Anchors",
    "department": "Departments",
    "predictor": "Predictors",
    "order": "Lists in time to order by, and later ones",
}
LOSS = "pinball3_all"

Shown = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Findings:
    """What the operator's page tells beside the rows.

    Attributes:
        scores: `segment`, `name`, `predictor`, `metric` and `value`.
        calibration: `p_hit`, `hit_share` and `rows`, one row a group of listings.
        ours: what the list's own forecast is called among the predictors.
    """

    scores: pl.DataFrame
    calibration: pl.DataFrame
    ours: str


def own(rows: pl.DataFrame, voice: Voice) -> Shown:
    """What a page tells of the listings of one merchant alone."""
    return {**_both(rows, voice), "levels": (), "rivals": (), "chances": None, "segments": ()}


def operator(rows: pl.DataFrame, findings: Findings, voice: Voice) -> Shown:
    """What the operator's page tells: the same of all listings, and how good the forecasts were."""
    scores, ours = findings.scores, findings.ours
    overall = scores.filter(segment="all")
    told = dict(overall.filter(predictor=ours).select("metric", "value").iter_rows())
    losses = dict(overall.filter(metric=LOSS).select("predictor", "value").iter_rows())
    return {
        **_both(rows, voice),
        "levels": levels(told),
        "rivals": bars(losses, ours, {ours: "this list", **NAMES}),
        "chances": chances(findings.calibration) if findings.calibration.height else None,
        "segments": [
            (title, _segment(scores.filter(segment=name, predictor=ours), voice)) for name, title in SEGMENTS.items()
        ],
    }


def _both(rows: pl.DataFrame, voice: Voice) -> dict[str, object]:
    last = latest(rows)
    changed = changes(last)
    return {
        "headline": _headline(last, voice),
        "facts": _facts(last, voice),
        "days_bars": columns(by_day(last, voice), voice),
        "missed": missed(last, voice),
        "tally": _tally(last, voice),
        "changes": [_change(row, voice) for row in changed.head(MOST_CHANGES).iter_rows(named=True)],
        "more_changes": max(changed.height - MOST_CHANGES, 0),
        "then_and_now": _then_and_now(rows, voice),
    }


def _headline(last: pl.DataFrame, voice: Voice) -> str:
    if not last.height:
        return "No session of a list is over yet"
    earned, best = voice.money(_sum(last, "profit")), voice.money(_sum(last, "oracle_profit"))
    return f"The lists' units earned {earned} of {best} that could be earned"


def _facts(last: pl.DataFrame, voice: Voice) -> Sequence[tuple[str, str]]:
    judged = last.filter(pl.col("hit").is_not_null())
    return [
        (voice.count(last.height), f"listings of {last['session_id'].n_unique():,} sessions"),
        (voice.share(_ratio(last, "profit", "oracle_profit")), "of the best possible profit"),
        (voice.share(_ratio(last, "met_units", "demand_units")), "of the demand was met"),
        (voice.share(_ratio(last, "left_units", "had_units")), "of the units were left over"),
        (voice.count(_sum(judged, "hit")), f"hits; {_sum(judged, 'p_hit'):.1f} were promised"),
        (voice.count(_sum(last, "censored")), "listings sold out"),
    ]


def _tally(last: pl.DataFrame, voice: Voice) -> Sequence[tuple[str, str]]:
    found = tally(last)
    if not found.answered:
        return []
    return [
        (f"{found.answered:,} of {found.listings:,}", "listings were answered"),
        (voice.count(found.changed), "with other units than recommended"),
        (voice.count(found.right), "of these earned more by it"),
        (voice.count(found.wrong), "earned less"),
        (voice.money(found.worth), "came of all changes"),
    ]


def _change(row: Mapping[str, object], voice: Voice) -> Shown:
    units = ("recommended_units", "approved_units", "demand_units", "had_units", "available_units")
    said = {name: voice.tenths(float(str(row[name]))) for name in units}
    return {
        **said,
        "title": row["title"] or row["product_id"],
        "session_id": row["session_id"],
        "change": row["change"],
        "verdict": row["verdict"],
        "worth": voice.money(float(str(row["worth"]))),
    }


def _then_and_now(rows: pl.DataFrame, voice: Voice) -> Sequence[tuple[str, str, str]]:
    """What was known as sessions ended, and what is known of the same listings since their returns are in."""
    both = rows.filter(pl.len().over(LISTING) > 1)
    if not both.height:
        return []
    expected = pl.col("return_rate") * pl.col("sales_units")
    then, now = (both.filter(stage=stage).with_columns(expected_units=expected) for stage in (FRESH, MATURE))
    said: Mapping[str, Callable[[pl.DataFrame], str]] = {
        "listings": lambda rows: voice.count(rows.height),
        "units sold": lambda rows: voice.count(_sum(rows, "sales_units")),
        "units that came back": lambda rows: voice.count(_sum(rows, "returned_units")),
        "share that came back": lambda rows: voice.share(_ratio(rows, "returned_units", "sales_units")),
        "share that was forecast": lambda rows: voice.share(_ratio(rows, "expected_units", "sales_units")),
        "profit": lambda rows: voice.money(_sum(rows, "profit")),
    }
    return [(name, say(then), say(now)) for name, say in said.items()]


def _segment(scores: pl.DataFrame, voice: Voice) -> Sequence[Shown]:
    """The names of a segment with most listings, a row each."""
    wide = scores.pivot(on="metric", index="name", values="value", maintain_order=True)
    if not wide.height:
        return []
    first = wide.sort("listings", "name", descending=[True, False]).head(MOST_NAMES)
    return [_row(row, voice) for row in first.iter_rows(named=True)]


def _row(row: Mapping[str, float | None], voice: Voice) -> Shown:
    def share(name: str) -> str:
        return voice.share(row.get(name))

    return {
        "name": row["name"],
        "listings": voice.count(row["listings"]),
        "profit": voice.money(row["profit"]),
        "profit_share": share("profit_share"),
        "fill_rate": share("fill_rate"),
        "leftover_share": share("leftover_share"),
        "wape": share("wape_all"),
        "bias": share("bias_mean_all"),
        "coverage": share("coverage80"),
        "ap": DASH if row.get("ap") is None else f"{row['ap']:.2f}",
    }


def _sum(rows: pl.DataFrame, name: str) -> float:
    return float(rows[name].sum())


def _ratio(rows: pl.DataFrame, part: str, whole: str) -> float | None:
    return _sum(rows, part) / _sum(rows, whole) if _sum(rows, whole) > 0 else None
