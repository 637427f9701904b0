"""The commands by which a home is looked after."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app import app
from flows.command import Told, at_home
from flows.options import Debug, Deep, Home, LandingIn, Out, Overlays, Port

if TYPE_CHECKING:
    from flows.site import Site


@app.command()
def up(  # noqa: PLR0913 - options
    *,
    landing: LandingIn,
    out: Out,
    home: Home = Path(".baokuan"),
    config: Overlays = None,
    mlflow_port: Port = 5000,
    prefect_port: Port = 4200,
) -> None:
    """Start servers, workers and deployments of this home; they go on."""
    from flows.site import Site
    from flows.terminal import say, telling
    from flows.up import Wanted
    from flows.up import up as started

    site = Site(home=home, config=tuple(config or ()))
    site.settings()  # a bad configuration is said before anything is started
    with telling():
        told = started(site, Wanted(landing, out, mlflow_port, prefect_port))
    say(*told.sentences())


@app.command()
def down(*, home: Home = Path(".baokuan")) -> None:
    """End what `up` started."""
    from flows.site import Site
    from flows.terminal import say, telling
    from flows.up import down as ended

    with telling():
        told = ended(Site(home=home))
    say(*told.sentences())


@app.command()
@at_home(made=False, flow=False)
def upgrade(site: "Site") -> Told:
    """Give the lake of an earlier release today's columns."""
    from flows.upgrade import upgrade as upgraded

    return upgraded(site)


@app.command()
@at_home(made=False)
def maintain(site: "Site") -> Told:
    """Join small files of the lake, remove what nobody reads any more."""
    from flows.maintain import maintain as flow

    return flow(site)


@app.command()
def doctor(*, deep: Deep = False, home: Home = Path(".baokuan"), config: Overlays = None, debug: Debug = False) -> int:
    """Tell whether all is well, and what to do where it is not."""
    from flows.doctor import diagnosed
    from flows.site import Site
    from flows.terminal import at_work, say

    site = Site(home=home, config=tuple(config or ()))
    site.settings()
    with at_work(site.found(), debug=debug, flow=False):
        told = diagnosed(site, datetime.now(UTC), deep=deep)
    say(*told.sentences())
    return told.status
