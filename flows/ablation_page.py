"""What each group of features adds, as a page to read and as lines at a terminal."""

from collections.abc import Iterable, Mapping

import polars as pl

from models.ablation import BASE, LEFT_OUT, ON_BASE
from models.contributions import SILENT
from models.paired import ADDS, HARMS, JUDGED, NOTHING

HEADS = {
    "ap": "average precision of hits",
    "pinball": "pinball loss of demand in units",
    "profit_share": "profit as a share of the oracle's",
}
TITLES = {
    LEFT_OUT: ("Added to all other groups", "having", "With all groups"),
    ON_BASE: (f"Added to the base: {', '.join(BASE)}", "lacking", "With the base alone"),
}
HOW_TO_READ = """
A cell says how much better the forecasts are with the group than without it: positive is more average precision, less
pinball loss, a greater share of what an oracle that knows the demand would have earned. In brackets is the interval
that holds nine of ten draws of the judged sessions and of the repeats. **adds** and **harms** stand where it leaves out
zero. Elsewhere nothing is shown, which is not to say that there is nothing; and where there is nothing, up to one cell
in ten gets a verdict by chance, and more with a single repeat, whose interval leaves out the luck of the seed.

What a group says, others may say too: then it adds little to all others, and much to the base.
"""


def markdown(compared: pl.DataFrame, facts: Mapping[str, str]) -> str:
    """The whole page: what the numbers rest on, how to read them, and a table a comparison.

    Args:
        compared: what `models.contributions.table` gave.
        facts: by name, in words.
    """
    silent = compared.filter(verdict=SILENT)["group"].unique(maintain_order=True)
    known = {**facts, SILENT: ", ".join(silent) or "none"}
    rows = [f"| {name} | {fact} |" for name, fact in known.items()]
    head = ["# What each group of features adds", "", "| | |", "|---|---|", *rows, HOW_TO_READ]
    return "\n".join([*head, *_section(compared, LEFT_OUT), *_section(compared, ON_BASE), ""])


def in_words(compared: pl.DataFrame) -> tuple[str, ...]:
    """One line a metric and comparison: the groups that add, and those that harm."""
    return tuple(
        f"{metric}, {to}: "
        + "; ".join(f"{verdict} {_names(compared, to=to, metric=metric, verdict=verdict)}" for verdict in (ADDS, HARMS))
        for to in TITLES
        for metric in JUDGED
    )


def _names(compared: pl.DataFrame, **wanted: str) -> str:
    return ", ".join(compared.filter(**wanted)["group"]) or "none"


def _section(compared: pl.DataFrame, to: str) -> Iterable[str]:
    title, column, whose = TITLES[to]
    rows = compared.filter(pl.col("to") == to, pl.col("tried").is_not_null())
    if not rows.height:
        return [f"## {title}", "", "Nothing could be compared.", ""]
    plain = rows.unique("metric", keep="first", maintain_order=True).select("metric", column)
    own = ", ".join(f"{HEADS[metric]} {_number(value, '')}" for metric, value in plain.iter_rows())
    cells = rows.with_columns(pl.Series("cell", [_cell(row) for row in rows.iter_rows(named=True)]))
    lines = [
        f"| {group[0]} | {part['features'][0]} | {' | '.join(part['cell'])} |"
        for group, part in cells.partition_by("group", as_dict=True, maintain_order=True).items()
    ]
    head = f"| group | features | {' | '.join(HEADS[metric] for metric in JUDGED)} |"
    return [f"## {title}", "", f"{whose}: {own}.", "", head, f"|---{'|---' * (1 + len(JUDGED))}|", *lines, ""]


def _cell(row: Mapping[str, float | str | None]) -> str:
    if row["better_by"] is None:
        return "cannot be told"
    value, low, high = (_number(row[name], "+") for name in ("better_by", "low", "high"))
    verdict = "" if row["verdict"] == NOTHING else f" **{row['verdict']}**"
    return f"{value} ({low} to {high}){verdict}"


def _number(value: float | str | None, sign: str) -> str:
    return "unknown" if value is None else f"{value:{sign}.4f}"
