"""A look at the predictor in service as a page for people, and its alarms as sentences."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from flows.summaries import escaped, page, plain
from models.drift.alarms import Alarm
from models.drift.told import Finding
from models.drift.watch import Seen

MOST_FEATURES = 20
_MEANING = {
    "features": "listings look unlike those that it learnt from",
    "calibration": "hits come unlike its chances",
    "coverage": "demand lies outside its intervals unlike before",
    "feed": "what comes in has another volume or shape: look at the collector before anything is learnt from it",
}
_TITLES = {
    "expected": "Of listings that are not over, the forecasts promise",
    "promised": "Of listings that are over they promised",
    "realised": "and came to",
}


def said(alarm: Alarm) -> str:
    """An alarm as a sentence."""
    shown = ", ".join(plain(one) for one in alarm.streams) or "all together"
    return (
        f"drift of {alarm.kind} since {alarm.since.isoformat()}: {_MEANING[alarm.kind]} ({shown}; evidence "
        f"{alarm.evidence:,.0f}, by chance at most once in so many predictors)"
    )


def unwatched(seen: Seen) -> tuple[str, ...]:
    """What could not be watched, a line each."""
    return tuple(f"{one.kind}: {one.said}" for one in seen.findings if one.kind == one.name and one.said)


def markdown(facts: Mapping[str, object], seen: Seen, actions: Sequence[str]) -> str:
    """The page: what is wrong, what was done, the evidence, the scores, and the features that moved most."""
    remarks = [*(said(one) for one in seen.alarms), *actions, *unwatched(seen)]
    parts = [page("Monitor", facts, remarks or ["nothing has changed that can be told from chance"])]
    for kind, some in groupby(seen.findings, lambda one: one.kind):
        rows = [one for one in some if one.value is not None]
        if rows:
            parts += ["", f"## {_title(kind)}", "", *_table(rows[:MOST_FEATURES])]
    return "\n".join(parts)


def _title(kind: str) -> str:
    if kind == "psi":
        return f"Features: stability index, the {MOST_FEATURES} that moved most"
    return _TITLES.get(kind, f"Evidence: {kind}")


def _table(rows: Sequence[Finding]) -> list[str]:
    told = [
        f"| {escaped(one.name)} | {one.value:,.4g} | {'' if one.bound is None else f'{one.bound:,.4g}'} | "
        f"{'**alarm**' if one.alarm else ''} {escaped(one.said or '')} |"
        for one in rows
    ]
    return ["| | value | alarm at | |", "|---|---:|---:|---|", *told]
