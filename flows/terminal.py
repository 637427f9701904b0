"""What a person at the terminal sees: progress, results, and one clear line for what went wrong."""

import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flows.environment import prepare
from flows.servers.temporary import start
from flows.site import held

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
            self.progress.console.print(message, markup=False, highlight=False, style="dim", soft_wrap=True)


@contextmanager
def telling(kept_in: Path | None = None) -> Iterator[None]:
    """Show the log while the block runs, and keep it in a file where one is named."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with ExitStack() as stack:
        console = Console(stderr=True)
        shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        progress = stack.enter_context(shown)
        handlers: list[logging.Handler] = [Teller(progress)]
        if kept_in:
            handlers.append(logging.FileHandler(kept_in, encoding="utf-8"))
            handlers[-1].setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
        LOG.setLevel(logging.INFO)
        for handler in handlers:
            LOG.addHandler(handler)
            stack.callback(handler.close)
            stack.callback(LOG.removeHandler, handler)
        yield


@contextmanager
def at_work(home: Path, *, debug: bool, flow: bool) -> Iterator[None]:
    """All that a command needs around it: a quiet environment, progress, a log in the home and, for a flow, Prefect."""
    prepare(home)
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")  # its lines go to its pages
    if not debug:
        sys.excepthook = LastWords(home / LOG_NAME)
    with interruptible(), telling(home / LOG_NAME), recorder(home) if flow else nullcontext():
        yield


@contextmanager
def recorder(home: Path) -> Iterator[None]:
    """Prefect, ready to record a flow."""
    LOG.info("starting the recorder …")
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with held(home / ".prefect.lock"):
        start()
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # else every flow ends a second late
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Being told to end, or losing the terminal, stops the block as Ctrl-C does, so that what it started ends too."""
    wanted = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in wanted]
    try:
        yield
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)


def say(*lines: str) -> None:
    """Print result lines as they are, paths whole and unbroken."""
    console = Console(soft_wrap=True)
    for line in lines:
        console.print(line, markup=False, highlight=False)


def complain(message: str) -> None:
    """Say in one line what was wrong."""
    line = f"baokuan: {' '.join(message.split())}"
    Console(stderr=True, soft_wrap=True).print(line, markup=False, highlight=False, style="red")


@dataclass(frozen=True)
class LastWords:
    """What is left of a failure that nobody expected: one line here, the whole story in the log."""

    log: Path

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell it."""
        with self.log.open("a", encoding="utf-8") as kept:
            kept.writelines(traceback.format_exception(kind, error, trace))
        said = " ".join(str(error).split())
        complain(f"failed: {kind.__name__}: {said} (the whole story is in {self.log}; --debug shows it)")
