"""What happens while sessions run: every window of every session and listing, from the actions alone."""

from collections.abc import Sequence

import polars as pl

from features.actions import MEASURES
from features.counting import counted
from features.history import Cutoffs, history
from features.ingredient import Ingredient
from features.ledger import Ints
from features.past import Past

AT_ONCE = 1_000_000  # actions counted at once, as far as whole sessions allow
_ROW, _PART = "row", "part"


def windowed(actions: pl.DataFrame, rows: pl.DataFrame, wanted: Sequence[Ingredient]) -> pl.DataFrame:
    """The wanted look-ups of sessions and listings at their cutoffs, as the feature table takes them.

    Sessions don't depend on each other, so any part of the sessions, such as a day's, can be computed alone; here no
    more of them are taken at once than bound the memory.

    Args:
        actions: `counting.ACTION`: all that was done in these sessions, each action once, in any order.
        rows: session, product (codes as in the actions) and minute, the minute since 1970 that holds the cutoff.
        wanted: look-ups of the entities `session` and `listing`.

    Returns:
        One Int64 column a look-up, in the order wanted, rows in their order.
    """
    if actions.height <= AT_ONCE or rows.is_empty():
        return _windowed(actions, rows, wanted)
    shares = _shares(actions)
    parts = actions.join(shares, on="session").partition_by(_PART, as_dict=True, include_key=False)
    numbered = rows.with_row_index(_ROW).join(shares, on="session", how="left").with_columns(pl.col(_PART).fill_null(0))
    found = [_windowed(parts[part], own, wanted).insert_column(0, own[_ROW]) for part, own in numbered.group_by(_PART)]
    return pl.concat(found).sort(_ROW).drop(_ROW)


def _shares(actions: pl.DataFrame) -> pl.DataFrame:
    """Each session with the number of its part; a part has about `AT_ONCE` actions, or a single larger session."""
    counts = actions.group_by("session").agg(actions=pl.len().cast(pl.Int64)).sort("session")
    before = pl.col("actions").cum_sum() - pl.col("actions")
    return counts.select("session", (before // AT_ONCE).alias(_PART))


def _windowed(actions: pl.DataFrame, rows: pl.DataFrame, wanted: Sequence[Ingredient]) -> pl.DataFrame:
    seen = counted(actions, MEASURES)
    told, asked = _parts(seen.buckets), _parts(rows)
    sizes = {part: int(max(told[part].max(initial=0), asked[part].max(initial=0))) + 1 for part in told}
    minute = rows["minute"].to_numpy()
    values = {measure: [(0, seen.buckets[measure].to_numpy())] for measure in MEASURES}
    past = Past(seen.buckets, told, sizes, values, seen.viewer, seen.bucket)
    found = history(past, wanted).look_up(wanted, asked, Cutoffs(minute, minute))
    return found.select(one.name for one in wanted)


def _parts(frame: pl.DataFrame) -> dict[str, Ints]:
    return {f"{one}_id": frame[one].cast(pl.Int64).fill_null(-1).to_numpy() for one in ("session", "product")}
