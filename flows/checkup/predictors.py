"""Whether the predictors that may serve are there, with the bytes that were registered."""

from collections.abc import Iterator
from datetime import datetime

from flows.checkup.finding import Finding, Kind
from flows.copies import Copies
from flows.version import Version
from models.store import damaged


def copy_findings(copies: Copies, versions: tuple[Version, ...]) -> Iterator[Finding]:
    """Local copies that are not what was registered; one that is not there is fetched when it is needed."""
    for version in versions:
        place = copies.place(version)
        if place.is_dir():
            yield from (
                Finding(Kind.PREDICTOR_COPY, f"{version}: {place / name} is missing or not the file that was saved")
                for name in damaged(place, version.digest)
            )


def service_findings(versions: tuple[Version, ...], now: datetime, away: str) -> Iterator[Finding]:
    """Nobody who could make the next list, or only somebody else.

    Args:
        versions: the champion first, then former ones.
        now: the moment of the next list.
        away: why MLflow could not be asked; empty where it could.
    """
    if away:
        yield Finding(Kind.SERVER_AWAY, away)
    fitting = [one for one in versions if one.as_of <= now]
    if not fitting:
        yield Finding(Kind.NO_PREDICTOR, "no predictor is in service")
    elif fitting[0].instead:
        told = f"the baseline {fitting[0].instead} makes the lists in place of {fitting[0]}"
        yield Finding(Kind.BASELINE_SERVES, told, bad=False)
