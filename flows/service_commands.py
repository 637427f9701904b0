"""The commands for which predictor serves."""

from typing import TYPE_CHECKING

from flows.app import app
from flows.command import Told, at_home
from flows.options import Number, Reason, Run

if TYPE_CHECKING:
    from flows.site import Site


@app.command()
@at_home(made=False, flow=False)
def compare(site: "Site", first: Run, second: Run) -> Told:
    """Hold the forecasts of two training runs against each other."""
    from flows.compare import compare as compared

    return compared(site, first, second)


@app.command()
@at_home(made=False)
def promote(site: "Site", version: Number, *, reason: Reason) -> Told:
    """Put a registered predictor into service by hand."""
    from flows.promote import promote as flow

    return flow(site, version, reason)


@app.command()
@at_home(made=False)
def rollback(site: "Site", *, reason: Reason) -> Told:
    """Withdraw the champion; the one before it serves again."""
    from flows.promote import rollback as flow

    return flow(site, reason)


@app.command()
@at_home(made=False, flow=False)
def sign(site: "Site", version: Number, *, reason: Reason) -> Told:
    """Vouch for a registered predictor that is not signed."""
    from flows.sign import sign as signed

    return signed(site, version, reason)
