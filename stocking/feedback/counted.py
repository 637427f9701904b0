"""Which list counts for a listing, what it recommended, and what its merchant made of that.

A listing stands in many lists, one a day. The last one counts that came in time: its cutoff no later than its
`order_by`, for nobody can follow a later one; where every list came too late, the last before the session began. Once a
merchant has answered, later lists repeat the answer, so what was recommended is read from the list that was answered
first.
"""

from datetime import UTC, datetime

import polars as pl

from stocking.decisions import decisions_at
from stocking.feedback.contract import LISTING, QUANTILES

_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_ORDER = (*LISTING, "in_time", "cutoff", "turn")
_APPROVED = pl.col("approved_units")
_SAID = ("available_units", "recommended_units", "reserve_units")
LINE = (
    *LISTING, "merchant_id", "supplier_id", "category", "title", "scheduled_at", "list_sha256", "cutoff", "order_by",
    "in_time", "model_version", "data_version", "p_hit", "demand_mean", *QUANTILES, "return_rate", "price", *_SAID,
    "approved_units", "decided_at", "had_units", "had_reserve_units",
)  # fmt: skip


def counted(lists: pl.DataFrame, decisions: pl.DataFrame, begun: pl.DataFrame) -> pl.DataFrame:
    """The line that counts of each listing whose session began, with what its merchant decided.

    Args:
        lists: `stocking.stocking_list.LISTS` with `turn`, which counts the lists as they were published.
        decisions: `stocking.decisions.KEPT`.
        begun: session_id, product_id and `begins`, one row a listing.

    Returns:
        `LINE`, by session and product. `available_units`, `recommended_units` and `reserve_units` as they were before
        any answer; `approved_units` of the last answer before the session began, null where there was none;
        `had_units` and `had_reserve_units` by it. Listings that no list named before they began are left out.
    """
    before = _before(lists, begun)
    answers = decisions.join(begun, on=LISTING).filter(_APPROVED.is_not_null(), pl.col("decided_at") < pl.col("begins"))
    last = answers.group_by(LISTING).agg(pl.col("decided_at").max())
    decided = decisions_at(answers, _EVER).select(*LISTING, "approved_units").join(last, on=LISTING)
    said = before.pipe(_last).drop(_SAID[:2]).rename({"reserve_units": "last_reserve_units"})
    return (
        said.join(_unanswered(before, answers), on=LISTING, maintain_order="left")
        .join(decided, on=LISTING, how="left", maintain_order="left")
        .with_columns(
            had_units=pl.col("available_units") + pl.coalesce("approved_units", "recommended_units"),
            had_reserve_units=pl.when(_APPROVED == 0).then(0).otherwise("last_reserve_units").cast(pl.Int64),
        )
        .select(LINE)
    )


def _before(lists: pl.DataFrame, begun: pl.DataFrame) -> pl.DataFrame:
    """The lines of lists made before their sessions began, in order."""
    return (
        lists.join(begun, on=LISTING)
        .filter(pl.col("cutoff") <= pl.col("begins"))
        .with_columns(in_time=(pl.col("cutoff") <= pl.col("order_by")).fill_null(value=True))
        .sort(_ORDER)
    )


def _last(before: pl.DataFrame) -> pl.DataFrame:
    return before.unique(LISTING, keep="last", maintain_order=True)


def _unanswered(before: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """What was said of each listing before its first answer: in the list answered, else in the last one until then.

    Where neither is kept, the recommendation is the one that the answered workbook held.
    """
    first = answers.sort(*LISTING, "decided_at", "list_sha256", nulls_last=True).unique(
        LISTING, keep="first", maintain_order=True
    )
    asked = first.select(*LISTING, answered="list_sha256", first_at="decided_at", held="recommended_units")
    lines = before.join(asked, on=LISTING, how="left", maintain_order="left")
    is_it = (pl.col("list_sha256") == pl.col("answered")).fill_null(value=False)
    is_free = (pl.col("cutoff") <= pl.col("first_at")).fill_null(value=True)
    best = lines.with_columns(rank=pl.when(is_it).then(2).when(is_free).then(1).otherwise(0))
    found = best.sort(*LISTING, "rank", *_ORDER[len(LISTING) :]).pipe(_last)
    kept = pl.when(pl.col("rank") > 0).then("recommended_units").otherwise("held")
    return found.with_columns(recommended_units=kept).select(*LISTING, *_SAID)
