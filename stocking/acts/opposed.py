"""Advice that would undo other advice: of two pieces only one is given.

What is advised pushes a listing one way or the other. Attention: `speed_up` towards it, `slow_down` and `swap` away
from it. Goods: `convert` brings some, `reallocate` takes some from one listing and brings them to another. Nothing is
told that pushes a listing against what it was told within the cool-down, whatever it is worth; of two new pieces that
push against each other the one that is worth more is told.
"""

from datetime import timedelta

import polars as pl

from stocking.acts.situation import KEY

_PUSHES = pl.DataFrame(
    [
        ("speed_up", "attention", 1, False),
        ("slow_down", "attention", -1, False),
        ("swap", "attention", -1, False),
        ("convert", "goods", 1, False),
        ("reallocate", "goods", -1, False),
        ("reallocate", "goods", 1, True),
    ],
    schema={"kind": pl.String, "matter": pl.String, "push": pl.Int8, "at_other": pl.Boolean},
    orient="row",
)
"""`at_other`: it is the listing that the advice names beside its own that is pushed."""


def unopposed(advice: pl.DataFrame, earlier: pl.DataFrame, cool_down: timedelta) -> pl.DataFrame:
    """The advice, without what pushes a listing against earlier or better advice.

    Args:
        advice: new pieces with `kind`, session_id, product_id, to_session_id, to_product_id, `cutoff` and `value`.
        earlier: the same of what was told before.
        cool_down: for how long earlier advice stands.

    Returns:
        Rows of `advice`, in their order.
    """
    numbered = advice.with_row_index("piece")
    told = pushes(earlier).select(*_AT, told_push="push", told_at="cutoff")
    against = pushes(numbered).join(told, on=_AT, nulls_equal=True).filter(pl.col("push") != pl.col("told_push"))
    stands = against.filter(pl.col("cutoff") - pl.col("told_at") < cool_down)["piece"]
    free = numbered.filter(~pl.col("piece").is_in(stands.implode()))
    return free.filter(~pl.col("piece").is_in(_worse(free).implode())).drop("piece")


_AT = [*KEY, "matter"]


def pushes(advice: pl.DataFrame) -> pl.DataFrame:
    """Which listing each piece of advice pushes, in what matter and which way: its rows, some twice, some never."""
    other = [pl.when("at_other").then(f"to_{name}").otherwise(name).alias(name) for name in KEY]
    return advice.join(_PUSHES, on="kind", how="inner", maintain_order="left_right").with_columns(other)


def _worse(advice: pl.DataFrame) -> pl.Series:
    """The pieces that push a listing against one that is worth more; of equals the one that comes first counts."""
    order = [*KEY, "kind"]
    best_first = advice.sort("value", *order, descending=[True, *(False for _ in order)], nulls_last=True)
    pushed = pushes(best_first.with_row_index("turn"))
    better = pushed.select(*_AT, better_push="push", better_turn="turn")
    both = pushed.join(better, on=_AT, nulls_equal=True)
    is_worse = (pl.col("push") != pl.col("better_push")) & (pl.col("turn") > pl.col("better_turn"))
    return both.filter(is_worse)["piece"]
