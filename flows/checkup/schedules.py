"""Whether what is deployed really runs when its schedule says so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.checkup.finding import Finding, Kind
from flows.checkup.settings import Checkup

FAILED = frozenset({"FAILED", "CRASHED"})


@dataclass(frozen=True)
class Run:
    """A run of a deployment, as Prefect knows it.

    Attributes:
        name: of the run.
        state: its type, such as COMPLETED.
        planned: when it was to start.
        since: when it started, if it did.
    """

    name: str
    state: str
    planned: datetime
    since: datetime | None


@dataclass(frozen=True)
class Deployed:
    """A deployment and what became of its runs.

    Attributes:
        name: flow/deployment.
        made: when it was deployed first.
        scheduled: whether it has a schedule that is switched on.
        paused: whether it is paused as a whole.
        runs: the newest ones, those that wait and those under way among them.
    """

    name: str
    made: datetime
    scheduled: bool
    paused: bool
    runs: tuple[Run, ...]

    def ahead(self, now: datetime) -> list[datetime]:
        """The moments of the runs that wait for their time."""
        return sorted(one.planned for one in self.runs if one.state == "SCHEDULED" and one.planned > now)

    def last(self) -> Run | None:
        """The run that began last and is over."""
        over = [one for one in self.runs if one.state not in {"SCHEDULED", "PENDING", "RUNNING"} and one.since]
        return max(over, key=lambda one: one.planned, default=None)


def schedule_findings(deployments: Sequence[Deployed], now: datetime, limits: Checkup) -> Iterator[Finding]:
    """Schedules that do not fire, and runs that come late, failed, or never ended."""
    for one in deployments:
        if one.scheduled:
            yield from _firing(one, now)
            yield from _under_way(one, now, limits)
        last = one.last()
        if last is not None and last.state in FAILED:
            yield Finding(Kind.RUN_FAILED, f"{one.name}: its last run {last.name} {last.state.lower()}")
    if not deployments:
        yield Finding(Kind.NOT_SCHEDULED, "nothing is deployed on the Prefect server")


def _firing(one: Deployed, now: datetime) -> Iterator[Finding]:
    ahead = one.ahead(now)
    if one.paused:
        yield Finding(Kind.NOT_SCHEDULED, f"{one.name}: it is paused")
    elif not ahead:
        yield Finding(Kind.NOT_SCHEDULED, f"{one.name}: no run is planned, though it has a schedule")
    elif len(ahead) > 1:
        period, begun = ahead[1] - ahead[0], [run.planned for run in one.runs if run.since]
        since = max([one.made, *begun])
        if now - since > 2 * period:
            told = f"{one.name}: nothing ran since {since.isoformat()}, expected a run every {period}"
            yield Finding(Kind.NOT_SCHEDULED, told)


def _under_way(one: Deployed, now: datetime, limits: Checkup) -> Iterator[Finding]:
    late = now - timedelta(minutes=limits.late_minutes)
    waiting = [run for run in one.runs if run.state in {"SCHEDULED", "PENDING"} and run.planned < late]
    if waiting:
        first = min(run.planned for run in waiting)
        yield Finding(Kind.RUN_LATE, f"{one.name}: {len(waiting)} runs wait, the first since {first.isoformat()}")
    long_ago = now - timedelta(hours=limits.running_hours)
    for run in one.runs:
        if run.state == "RUNNING" and run.since is not None and run.since < long_ago:
            yield Finding(Kind.RUN_ORPHANED, f"{one.name}: {run.name} has been running since {run.since.isoformat()}")
