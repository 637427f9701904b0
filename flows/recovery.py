"""What is done by the rules when a predictor disappoints: back to the one before it, or a baseline in its place.

Both are undone by `baokuan promote`, and say in the registry why they were done.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from flows.promote import put_back, told
from flows.registry import NoPredictorError, Registry
from flows.serving import Serving
from flows.site import Site
from flows.soundness import examined
from flows.version import Version
from flows.watched_runs import every_judged
from models.drift.beaten import apart, running, winners
from models.drift.rows import forecast
from models.drift.watch import Seen
from models.drift.worse import Worse, worse
from models.predictor import Predictor
from models.promotion import Bench

LOG = logging.getLogger("baokuan.recovery")
ROLLBACK, BASELINE, OWN = "rollback", "baseline", "own"


@dataclass(frozen=True)
class Action:
    """Something that was done by the rules: `rollback`, `baseline` (stands in) or `own` (forecasts itself again)."""

    what: str
    said: str


def rolled_back_by_rule(site: Site, service: Serving, seen: Seen) -> tuple[Action, ...]:
    """Withdraw a champion that forecast worse than the one before it, day after day, since it learnt.

    Not one that a person put into service: what is told of it is for that person to act on.
    """
    rules, registry = site.settings().monitor, Registry(site)
    if not rules.roll_back or service.version.by_hand or service.faults:
        return ()
    former = former_of(registry, site)
    if former is None:
        return ()
    found = beside(seen, service.predictor, former[1])
    tie = site.settings().promotion.tie
    if found.evidence < 1.0 / rules.worse_share or found.loss <= found.other * (1.0 + tie):
        return ()
    reason = (
        f"by rule: worse than {former[0]} on {found.lost} of {found.days} days, "
        f"pinball_all {found.loss:.4g} against {found.other:.4g}"
    )
    changed = put_back(site, reason)
    return (Action(ROLLBACK, f"{changed.before} is withdrawn, {changed.serving} serves again, {reason}"),)


def former_of(registry: Registry, site: Site) -> tuple[Version, Predictor] | None:
    """The champion before the present one, if it can be used."""
    try:
        _, formers = registry.formers()
    except NoPredictorError:
        return None
    found = examined(registry, formers[0], site.settings().tracking)
    return (formers[0], found) if isinstance(found, Predictor) else None


def beside(seen: Seen, champion: Predictor, former: Predictor) -> Worse:
    """How the champion did beside the former one on listings that are over, both from the same features."""
    over = seen.features.filter(pl.col("demand_units").is_not_null())
    return worse(forecast(champion, over), forecast(former, over))


def baseline_by_rule(site: Site, service: Serving, as_of: datetime) -> tuple[Action, ...]:
    """Let a baseline make the lists that won the last trainings running; stop it once it won no more."""
    config, registry = site.settings(), Registry(site)
    if not config.monitor.baseline_instead:
        return ()
    gap, count = timedelta(days=service.predictor.settings.horizon_days), config.monitor.baseline_wins
    known = {one.as_of: one for one in sorted(registry.versions(), key=lambda one: one.number) if one.as_of <= as_of}
    moments = apart(list(known), gap, count)
    bench = Bench(config.promotion, config.models)
    won = [winners(every_judged(registry, known[one]), bench) for one in moments]
    instead = service.version.instead
    if instead and won and instead not in won[0]:
        return (_stand_in(registry, service.version, "", (as_of, f"{instead} did not win the last training")),)
    name = running(won, count)
    if name is None or instead:
        return ()
    return (_stand_in(registry, service.version, name, (as_of, f"{name} won the last {count} trainings")),)


def _stand_in(registry: Registry, version: Version, name: str, since: tuple[datetime, str]) -> Action:
    as_of, why = since
    reason = f"by rule: {why}"
    tags = {**told("instead", reason), "instead_since": as_of.isoformat()}
    registry.stand_in(version, name, tags)
    LOG.warning("%s: %s", version, reason)
    if name:
        return Action(BASELINE, f"the lists come from the baseline {name} in place of {version}, {reason}")
    return Action(OWN, f"{version} makes the lists itself again, {reason}")
