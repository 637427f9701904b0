"""How a command ends: its exit status, and one line for what the caller did wrong."""

import logging
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from typer.exceptions import Abort, TyperException

STOPPED = 130


def leave(app: typer.Typer, arguments: Sequence[str] | None) -> NoReturn:
    """Run a command and leave: 0 done, 2 bad arguments or bad input, 1 any other failure, 130 stopped."""
    try:
        status = app(args=arguments, standalone_mode=False)
    except Abort:
        status = STOPPED
    except TyperException as error:
        _complain(f"{error.format_message()} (try --help)", 2)
    except _refusals() as error:
        _complain(str(error), 2)
    if status == STOPPED:
        logging.raiseExceptions = False  # Ctrl-C has ended Prefect's own server, too: it takes no more of the log
        _complain("stopped", STOPPED)
    sys.exit(status if isinstance(status, int) else 0)


def _refusals() -> tuple[type[Exception], ...]:
    from flows.refusals import refusals

    return refusals()


def _complain(message: str, status: int) -> NoReturn:
    from flows.terminal import complain

    complain(message)
    sys.exit(status)
