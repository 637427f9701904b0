"""The catalog as a page: `python -m features.documentation` writes docs/features.md."""

from pathlib import Path

from features.catalog import CATALOG, GROUPS
from features.feature import Feature

PAGE = Path(__file__).parents[1] / "docs" / "features.md"

HEAD = f"""# Features

Generated from `features/catalog.py` by `make docs`; a test keeps it current. {len(CATALOG)} features, one row each.

All are computed from rows *known* strictly before the cutoff: by `received_at` where a row has it, else by its own
instant. Sums leave out the minute in which the cutoff falls, since it is not over. `28d` is the 28 days before the
cutoff, `last3` the third last showing, `ewm7d` weighs halving in 7 days, `ever` all time (of a session: since it
began); `until the session opened` leaves out whatever came after that.
What lies outside the bounds is clipped to them; a feature without data is null unless its silence says zero.
"""


def page() -> str:
    """The whole page as Markdown."""
    return HEAD + "".join(_section(name, group) for name, group in GROUPS.items())


def _section(name: str, group: tuple[Feature, ...]) -> str:
    head = "| feature | says | windows | unit | bounds | silence |\n|---|---|---|---|---|---|\n"
    return f"\n## {name.capitalize()}\n\n{head}" + "".join(_row(feature) for feature in group)


def _row(feature: Feature) -> str:
    bounds = f"{feature.low:g} to {feature.high:g}" if feature.kind == "number" else "closed list"
    cells = (f"`{feature.name}`", feature.sentence, feature.windows(), feature.unit, bounds, feature.silence)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
