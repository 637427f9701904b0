"""The command line as a whole: its name, and its commands in the order of the help."""

from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = (
    "demo", "adapt", "check", "run", "ingest", "train", "stock", "restock", "what-if", "decide", "feedback", "monitor",
    "sense", "watch", "backtest", "ablate", "tune", "compare", "promote", "rollback", "sign", "forget", "retain",
    "maintain", "doctor", "upgrade", "up", "down", "ui",
)  # fmt: skip


class InOrder(TyperGroup):
    """Commands in the order of `COMMANDS`, wherever they stand."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the interface
        """Their names."""
        return [name for name in COMMANDS if name in self.commands]


app = typer.Typer(
    name="baokuan",
    cls=InOrder,
    help="From live-room events to a ranked stocking list.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
