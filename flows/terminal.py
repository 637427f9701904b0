"""What a person at the terminal sees: progress, results, and one clear line for what went wrong."""

import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flows.environment import prepare

LOG = logging.getLogger("baokuan")
LOG_NAME = "baokuan.log"


class Teller(logging.Handler):
    """Shows the step under way beside a spinner, and each finished one as a line."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.progress = progress
        self.under_way = progress.add_task("starting …")

    def emit(self, record: logging.LogRecord) -> None:
        """Show one log line."""
        message = record.getMessage()
        if message.endswith("…"):
            self.progress.update(self.under_way, description=message)
        else:
            self.progress.console.print(message, markup=False, highlight=False, style="dim")


@contextmanager
def telling(*, debug: bool, kept_in: Path | None = None) -> Iterator[None]:
    """Show the log while the block runs, and keep it in a file where one is named."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
        handlers: list[logging.Handler] = [Teller(progress)]
        if kept_in:
            handlers.append(stack.enter_context(_closing(logging.FileHandler(kept_in, encoding="utf-8"))))
            handlers[-1].setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
        LOG.setLevel(logging.DEBUG if debug else logging.INFO)
        for handler in handlers:
            LOG.addHandler(handler)
            stack.callback(LOG.removeHandler, handler)
        yield


@contextmanager
def at_work(home: Path, *, debug: bool) -> Iterator[None]:
    """Everything a flow needs around it at a terminal: a quiet environment, progress, and a log in the home."""
    prepare(home)
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")  # its lines go to its pages
    sys.excepthook = partial(_last_words, home / LOG_NAME, debug)
    signal.signal(signal.SIGTERM, _stop)
    with telling(debug=debug, kept_in=home / LOG_NAME):
        LOG.info("starting the recorder …")
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # else every flow ends a second late
            yield


def say(*lines: str) -> None:
    """Print result lines as they are, paths whole and unbroken."""
    console = Console(soft_wrap=True)
    for line in lines:
        console.print(line, markup=False, highlight=False)


def complain(error: BaseException) -> None:
    """Say in one line what was wrong with the input."""
    text = " ".join(str(error).split()) or type(error).__name__
    Console(stderr=True, soft_wrap=True).print(f"baokuan: {text}", markup=False, highlight=False, style="red")


@contextmanager
def _closing(handler: logging.FileHandler) -> Iterator[logging.FileHandler]:
    try:
        yield handler
    finally:
        handler.close()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _last_words(
    log: Path, debug: bool, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    told = "".join(traceback.format_exception(kind, error, trace))
    if debug:
        sys.stderr.write(told)
        return
    with log.open("a", encoding="utf-8") as kept:
        kept.write(told)
    complain(RuntimeError(f"failed: {kind.__name__}: {error} (the whole story is in {log}; or use --debug)"))
