"""The command that looks at the predictor in service."""

from typing import TYPE_CHECKING

from flows.app import app
from flows.command import Told, at_home
from flows.options import Judged, Out

if TYPE_CHECKING:
    from flows.site import Site


@app.command()
@at_home(made=False)
def monitor(site: "Site", *, as_of: Judged = None, out: Out) -> Told:
    """Tell whether the world is still the one that was learnt from."""
    from flows.monitor import monitor as flow

    return flow(site, out, as_of)
