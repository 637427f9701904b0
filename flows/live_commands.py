"""The commands for sessions under way."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.app import app
from flows.command import Told, at_home
from flows.options import Clock, Instant, Landing, Out, Session, Since

if TYPE_CHECKING:
    from flows.site import Site


@app.command()
@at_home(made=False)
def sense(site: "Site", *, session: Session, at: Instant = None, out: Out) -> Told:
    """Tell how a session under way will end, and what to do."""
    from flows.sense import sense as flow

    return flow(site, session, at or datetime.now(UTC), out)


@app.command()
@at_home(made=False)
def watch(  # noqa: PLR0913 - options
    site: "Site", *, landing: Landing, out: Out, clock: Clock = "wall", since: Since = None
) -> Told:
    """Follow all sessions under way as their rows arrive, until stopped."""
    from flows.watch import watch as flow

    return flow(site, landing, out, clock, since)
