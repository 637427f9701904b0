"""The options of the commands, each once: what a person may say, and how it is read."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from stocking.papers.style import Language


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


def span(told: str, default: str = "") -> Any:
    """An option that takes a span; its default, where it has one, is shown as one would type it."""
    return typer.Option(parser=read("span"), metavar="SPAN", show_default=default or True, help=told)


def said(text: str) -> str:
    """What somebody said, which is not nothing."""
    if not text.strip():
        raise typer.BadParameter("it is empty")
    return text


Home = Annotated[Path, typer.Option(file_okay=False, help="Directory of the lake, the models and the records.")]
Overlays = Annotated[
    list[Path] | None, typer.Option("--config", metavar="FILE", help="YAML file laid over the defaults; repeatable.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]

Landing = Annotated[
    Path, typer.Option(exists=True, file_okay=False, help="Folder with one sub-folder of files per landing table.")
]
LandingIn = Annotated[
    Path, typer.Option(file_okay=False, help="Folder into which deliveries come; it may still be missing.")
]
LandingOut = Annotated[Path, typer.Option(file_okay=False, help="Folder for the landing tables.")]
Source = Annotated[Path, typer.Option(help="Folder with one SELECT per landing table, as in configs/sources.")]
Raw = Annotated[Path, typer.Option(help="Folder of the exported files.")]
Out = Annotated[Path, typer.Option(file_okay=False, help="Folder for the results.")]
AsOf = Annotated[
    datetime, typer.Option(parser=read("instant"), metavar="TS", help="Cutoff, such as 2024-06-19T00:00:00+08:00.")
]
LatestAsOf = Annotated[
    datetime | None,
    typer.Option(parser=read("instant"), metavar="TS", help="Cutoff; by default the moment after the newest row."),
]
At = Annotated[
    datetime | None,
    typer.Option("--at", parser=read("instant"), metavar="TS", help="When it was decided; by default now."),
]
Instant = Annotated[
    datetime | None,
    typer.Option("--at", parser=read("instant"), metavar="TS", help="The instant to look at; by default now."),
]
Moment = Annotated[
    datetime | None,
    typer.Option("--as-of", parser=read("instant"), metavar="TS", help="The moment to list from; by default now."),
]
Judged = Annotated[
    datetime | None,
    typer.Option("--as-of", parser=read("instant"), metavar="TS", help="Moment to look back from; by default now."),
]
Since = Annotated[
    datetime | None,
    typer.Option(parser=read("instant"), metavar="TS", help="Follow what is learnt of from then on; by default now."),
]
Session = Annotated[str, typer.Option(metavar="ID", help="The session's id.")]
Clock = Annotated[
    Literal["wall", "data"],
    typer.Option(help="Whose time counts: the wall's, or the rows' own, for a replay that ends with the last file."),
]
Sent = Annotated[
    Path, typer.Argument(metavar="FILE.xlsx", exists=True, dir_okay=False, help="A merchant's list, filled in.")
]
_FAR = "How far ahead: 7d, 36h."
Length = Annotated[timedelta, span(_FAR)]
LengthOrWeek = Annotated[timedelta, span(_FAR, "7d")]
Lang = Annotated[
    Language | None, typer.Option(help="Language of the papers' headings and explanations; else as configured.")
]


def finite(numbers: list[float] | None) -> list[float] | None:
    """The numbers, none of them endless or no number at all."""
    if not all(map(math.isfinite, numbers or ())):
        raise typer.BadParameter("expected finite numbers")
    return numbers


Budgets = Annotated[
    list[float] | None,
    typer.Option(
        "--budget",
        metavar="AMOUNT",
        min=0,
        callback=finite,
        help="What each merchant may spend; repeatable. Else shares of what pays.",
    ),
]
Services = Annotated[
    list[float] | None,
    typer.Option(
        "--service",
        metavar="SHARE",
        min=0,
        max=1,
        callback=finite,
        help="Least service level, such as 0.9; repeatable. Else as configured.",
    ),
]
Before = Annotated[list[timedelta] | None, span("When before a session a list is due; repeatable. Else 24h and 2h.")]
Every = Annotated[timedelta, span("How far apart they lie: 7d.", "7d")]
Origins = Annotated[int, typer.Option(min=1, max=400, help="How many cutoffs in the past.")]
Truth = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="Parquet file of true demand, to judge by alone.")
]
Rows = Annotated[int, typer.Option(min=1_000, help="Most rows to learn from and to judge on.")]
Repeats = Annotated[int, typer.Option(min=1, max=20, help="How often each is learnt, with another seed each time.")]
Trials = Annotated[int, typer.Option(min=1, max=10_000, help="How many settings to try in this call.")]
Budget = Annotated[timedelta, span("How long at most: 30m, 2h.", "30m")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning, or a version's number.")]
Number = Annotated[int, typer.Argument(min=1, help="Its version number.")]
Reason = Annotated[str, typer.Option(parser=said, metavar="TEXT", help="Why, in a sentence; it is kept.")]
Viewer = Annotated[
    str, typer.Option(metavar="ID", help="As the landing tables have it; - reads it, one line, from standard input.")
]
Deep = Annotated[
    bool, typer.Option("--deep", help="Read every data file, and let the predictor in service repeat its forecasts.")
]
Port = Annotated[int, typer.Option(min=1, max=65535)]
