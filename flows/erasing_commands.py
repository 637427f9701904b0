"""The commands that erase people's data."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.app import app
from flows.command import Told, at_home
from flows.options import Viewer

if TYPE_CHECKING:
    from flows.site import Site


@app.command()
@at_home(made=False, flow=False)
def forget(site: "Site", *, viewer: Viewer) -> Told:
    """Erase a viewer from the lake and from what a watch has kept."""
    from flows.forget import forget as erased
    from flows.forget import one_of

    return erased(site, one_of(sys.stdin) if viewer == "-" else viewer)


@app.command()
@at_home(made=False, flow=False)
def retain(site: "Site") -> Told:
    """Erase from the lake what is older than `retention` lets it be."""
    from flows.retention import retain as erased

    return erased(site, datetime.now(UTC))
