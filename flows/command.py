"""What all commands share: their common options, one line for a mistake, progress, and the exit status."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Protocol

from flows.options import Debug, Home, Overlays


class Told(Protocol):
    """What a command came to."""

    def sentences(self) -> Sequence[str]:
        """What it did and where its results lie, a line each."""


def at_home(
    home: Path = Path(".baokuan"), *, made: bool = True, flow: bool = True
) -> Callable[[Callable[..., Told]], Callable[..., None]]:
    """A command that works on a home: it gets a `Site` and, beside its own options, --home, --config and --debug.

    Args:
        home: which one if none is named.
        made: whether one that is not there is made; else it is refused.
        flow: whether the command runs a flow.
    """

    def decorate(command: Callable[..., Told]) -> Callable[..., None]:
        @wraps(command)
        def whole(**options: Any) -> None:
            from flows.site import Site
            from flows.terminal import at_work, say

            named, overlays, debug = options.pop("home"), options.pop("config"), options.pop("debug")
            site = Site(home=named, config=tuple(overlays or ()))
            site.settings()  # a bad configuration is said before anything is made
            place = site.made() if made else site.found()
            with at_work(place, debug=debug, flow=flow):
                told = command(site, **options)
            say(*told.sentences())

        return _with_options(
            whole, command, {"home": (Home, home), "config": (Overlays, None), "debug": (Debug, False)}
        )

    return decorate


def _with_options(
    whole: Callable[..., None], command: Callable[..., Told], shared: dict[str, tuple[Any, Any]]
) -> Callable[..., None]:
    """`whole` with the options of `command`, its first parameter left out, and the shared ones."""
    own = list(inspect.signature(command).parameters.values())[1:]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in shared.items()
    ]
    whole.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
    whole.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    return whole
