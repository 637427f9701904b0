"""The answers in a workbook, held against the listings and the suppliers' terms.

Nothing is lost: a line is unanswered, accepted or refused, and of a refused one it is said where and why.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from stocking.decisions import DECISIONS
from stocking.incoming.answers import NAMES, UNITS, Answers
from stocking.incoming.sheet import CELLS
from stocking.lines import INSTANT, MANY, checked
from stocking.papers.sheets import cell_text

_LISTING = ("session_id", "product_id")
_NO_NUMBER = "is no whole number of units, such as 30"
_WHOLE = r"^([+-]?[0-9]{1,18})(?:\.0*)?$"


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of a workbook's lines.

    Attributes:
        accepted: `DECISIONS`.
        refused: `stocking.incoming.sheet.CELLS`: the sheet's row, the column, what stood there, why it cannot count.
        lines: how many lines the workbook has.
        unanswered: how many of them were left as they came.
    """

    accepted: pl.DataFrame
    refused: pl.DataFrame
    lines: int
    unanswered: int


def judged(answers: Answers, known: pl.DataFrame, decided_at: datetime) -> Judged:
    """The answers that can be kept, and those that cannot.

    Args:
        answers: what the workbook says.
        known: the listings of its sessions as they were known then: session_id, product_id, merchant_id, and of their
            orders `packed_units` and `least_units` (at least 1, and 0).
        decided_at: when they were decided.
    """
    lines = answers.lines.join(_as_in_cells(known), on=list(_LISTING), how="left", maintain_order="left")
    given = pl.any_horizontal(pl.col("approved_units", "note").is_not_null())
    answered = lines.filter(given | pl.col("row").is_in(_in_doubt(answers))).with_columns(_as_numbers())
    faults = pl.concat([answers.faults, _first_faults(answered, answers.merchant_id)])
    faults = faults.filter(pl.col("row").is_in(answered["row"].implode()))
    good = answered.join(faults, on="row", how="anti", maintain_order="left")
    return Judged(
        accepted=_accepted(good, answers.list_sha256, decided_at),
        refused=faults.unique("row", keep="first", maintain_order=True).sort("row"),
        lines=lines.height,
        unanswered=lines.height - answered.height,
    )


def sessions_meant(answers: Answers, session_ids: pl.Series) -> pl.Series:
    """Those of the sessions that the workbook has lines of."""
    cells = pl.Series([cell_text(one) for one in session_ids], dtype=pl.String)
    return session_ids.filter(cells.is_in(answers.lines["session_id"].implode()))


def _in_doubt(answers: Answers) -> pl.Series:
    """The rows in which something stands where an answer belongs that cannot count."""
    return answers.faults.filter(pl.col("column").is_in(["approved_units", "note"]))["row"].implode()


def _as_in_cells(known: pl.DataFrame) -> pl.DataFrame:
    """The listings under their ids as cells hold them; of those that look alike in cells none can be meant."""
    ids = (*_LISTING, "merchant_id")
    cells = [
        pl.Series(name, [None if one is None else cell_text(one) for one in known[name]], pl.String) for name in ids
    ]
    own = {f"own_{name}": known[name] for name in ids}
    return known.with_columns(*cells, **own).unique(_LISTING, keep="none", maintain_order=True)


def _as_numbers() -> list[pl.Expr]:
    """Units under names of their own: full-width digits and `30.0` are read, `1,000` may mean two things and is not."""
    return [
        pl.col(name)
        .str.normalize("NFKC")
        .str.strip_chars()
        .str.extract(_WHOLE)
        .cast(pl.Int64, strict=False)
        .alias(name.removesuffix("_units"))
        for name in UNITS
    ]


def _faults(merchant: str | None) -> list[tuple[str, pl.Expr, pl.Expr]]:
    """Each column with what can be wrong with it, in the order in which it is looked for, and the words for it."""
    approved, text = pl.col("approved"), pl.col("approved_units").is_not_null()
    foreign = pl.lit(merchant is not None) & pl.col("merchant_id").ne_missing(pl.lit(merchant, pl.String))
    unlike = pl.struct("approved", "note").n_unique().over(_LISTING) > 1
    return [
        ("session_id", pl.col("session_id").is_null(), pl.lit("is empty")),
        ("product_id", pl.col("product_id").is_null(), pl.lit("is empty")),
        ("product_id", pl.col("own_product_id").is_null(), pl.lit("is no listing of this session that was known then")),
        ("product_id", foreign, pl.lit("belongs to another merchant")),
        ("recommended_units", pl.col("recommended").is_null(), pl.lit(_NO_NUMBER)),
        ("approved_units", text & approved.is_null(), pl.lit(_NO_NUMBER)),
        *(
            (f"{name}_units", ~pl.col(name).is_between(0, int(MANY)), pl.lit(f"is not between 0 and {int(MANY):,}"))
            for name in ("recommended", "approved")
        ),
        ("approved_units", approved % pl.col("packed_units") != 0, pl.format("is not in packs of {}", "packed_units")),
        (
            "approved_units",
            (approved > 0) & (approved < pl.col("least_units")),
            pl.format("is less than the minimum order of {}", "least_units"),
        ),
        ("product_id", unlike, pl.lit("stands in two rows that say different things")),
    ]


def _first_faults(answered: pl.DataFrame, merchant: str | None) -> pl.DataFrame:
    """Of each row with a fault the first one, as `stocking.incoming.sheet.CELLS`."""
    found = _faults(merchant)
    return (
        answered.with_columns(
            column=pl.coalesce(pl.when(wrong).then(pl.lit(column)) for column, wrong, _ in found),
            reason=pl.coalesce(pl.when(wrong).then(why) for _, wrong, why in found),
        )
        .filter(pl.col("column").is_not_null())
        .with_columns(value=pl.coalesce(pl.when(pl.col("column") == name).then(name) for name in NAMES))
        .select(CELLS.names())
    )


def _accepted(good: pl.DataFrame, list_sha256: str | None, decided_at: datetime) -> pl.DataFrame:
    """What is kept of good answers: a listing once, its ids as everywhere else, a note on one line."""
    note = pl.col("note").str.replace_all(r"\p{Cc}+", " ").str.strip_chars()
    frame = good.unique(_LISTING, keep="first", maintain_order=True).select(
        pl.col("own_merchant_id").alias("merchant_id"),
        pl.lit(list_sha256, pl.String).alias("list_sha256"),
        session_id="own_session_id",
        product_id="own_product_id",
        recommended_units="recommended",
        approved_units="approved",
        note=pl.when(note != "").then(note),
        decided_at=pl.lit(decided_at).cast(INSTANT),
    )
    return checked(frame, DECISIONS)
