"""What all commands share: their common options, one line for a mistake, progress, and the exit status."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

Home = Annotated[Path, typer.Option(file_okay=False, help="Directory of the lake, the models and the records.")]
Overlays = Annotated[
    list[Path] | None, typer.Option("--config", metavar="FILE", help="YAML file laid over the defaults; repeatable.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]


class Told(Protocol):
    """What a command came to."""

    def sentences(self) -> Sequence[str]:
        """What it did and where its results lie, a line each."""


def read(kind: str) -> Callable[[Any], Any]:
    """A reader of option values, by its name in `flows.moments`, that says in the command's words what was wrong."""

    def reader(text: Any) -> Any:
        from flows import moments

        if not isinstance(text, str):
            return text  # a default is there already
        try:
            return getattr(moments, kind)(text)
        except moments.MomentError as error:
            raise typer.BadParameter(str(error)) from None

    return reader


def at_home(home: Path = Path(".baokuan")) -> Callable[[Callable[..., Told]], Callable[..., None]]:
    """A command that works on a home: it gets a `Site` and, beside its own options, --home, --config and --debug."""

    def decorate(command: Callable[..., Told]) -> Callable[..., None]:
        @wraps(command)
        def whole(**options: Any) -> None:
            from flows.site import Site
            from flows.terminal import at_work, say

            place, overlays, debug = options.pop("home"), options.pop("config"), options.pop("debug")
            site = Site(home=place, config=tuple(overlays or ()))
            site.settings()  # a bad configuration is said before anything is made
            with at_work(site.made(), debug=debug):
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
