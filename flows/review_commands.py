"""The commands that look back: at lists, and at the predictor in service."""

from typing import TYPE_CHECKING

from flows.app import app
from flows.command import Told, at_home
from flows.options import Judged, Out

if TYPE_CHECKING:
    from flows.site import Site


@app.command()
@at_home(made=False)
def feedback(site: "Site", *, as_of: Judged = None, out: Out) -> Told:
    """Compare the lists whose sessions are over with what happened."""
    from flows.feedback import feedback as flow

    return flow(site, out, as_of)


@app.command()
@at_home(made=False)
def monitor(site: "Site", *, as_of: Judged = None, out: Out) -> Told:
    """Tell whether the world is still the one that was learnt from."""
    from flows.monitor import monitor as flow

    return flow(site, out, as_of)
