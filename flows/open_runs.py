"""MLflow runs while they are open: of which home they are, and what becomes of those that a kill left open."""

import platform
from collections.abc import Mapping

from flows.registry import Registry

HOME = "home"


def opened(registry: Registry, experiment: str, name: str, tags: Mapping[str, str]) -> str:
    """A new run of this home; it stays open until it is terminated. Answers with its id."""
    run = registry.client.create_run(experiment, run_name=name, tags={**tags, HOME: _named(registry)})
    return str(run.info.run_id)


def sweep(registry: Registry, experiment: str) -> None:
    """End as killed all that this home left open; whoever calls holds the home, so that nobody works on them.

    On a server that others use too, a run is of this home if it says so; in the home's own database each one is.
    """
    for run in registry.client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if registry.embedded or run.data.tags.get(HOME) == _named(registry):
            registry.client.set_terminated(run.info.run_id, "KILLED")


def _named(registry: Registry) -> str:
    return f"{platform.node()}:{registry.home}"
