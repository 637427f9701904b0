"""Every value of a plan is a mark found nowhere else; each file is searched for marks that its reader must not see."""

import io
import zipfile
from datetime import datetime, timedelta

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stocking.decided import DECIDED
from stocking.papers import tables
from stocking.papers.audiences import papers
from stocking.papers.page import html
from stocking.papers.workbook import workbook
from stocking.stocking_list import STOCKING_LIST

READER = {"merchant": "merchant_id", "supplier": "supplier_id", "logistics": None, "anchor": "anchor_id"}
SEEN = {
    "merchant": {
        "title", "product_id", "session_id", "category", "merchant_id", "scheduled_at", "order_by", "price", "cost",
        "recommended_units", "reserve_units", "available_units", "demand_p10", "demand_p50", "demand_p90", "p_hit",
        "expected_profit", "lost_profit", "fill_rate", "leftover_units", "leftover_chance", "reserve_value",
        "return_rate", "reasons", "notes",
    },
    "supplier": {
        "title", "product_id", "category", "supplier_id", "recommended_units", "reserve_units", "needed_by", "order_by",
        "packed_units", "least_units",
    },
    "logistics": {
        "title", "product_id", "session_id", "scheduled_at", "recommended_units", "available_units",
        "expected_returned_units",
    },
    "anchor": {
        "title", "product_id", "session_id", "category", "anchor_id", "room_id", "scheduled_at", "price", "questions",
        "complaints",
    },
}  # fmt: skip
"""By audience the columns of a plan that may be read in its own rows, written down apart from the program's table."""

SHARED = ("rank", "cutoff", "model_version", "data_version", "position", "units_an_order")
OWNERS = ("merchant_id", "supplier_id", "anchor_id")
START = datetime.fromisoformat("2024-06-24T00:00Z")


def marked(row, number, owners):
    """A row whose every value is its own; numbers of six digits and more, shares of nine decimals."""
    made = dict(row)
    for place, (name, column) in enumerate(DECIDED.columns.items()):
        mark, dtype = 1_000 * (number + 1) + 7 * place + 13, column.dtype.type
        if name in SHARED:
            continue
        if dtype == pl.String:
            made[name] = f"{name}~{mark}q"
        elif dtype == pl.List(pl.String):
            made[name] = [f"{name}~{mark}q"]
        elif dtype == pl.Int64:
            made[name] = 700_001 + 37 * mark
        elif dtype == pl.Float64:
            share = name in {"p_hit", "return_rate", "fill_rate", "leftover_chance"}
            made[name] = mark / 1e9 + 0.3 if share else 700_019.3125 + 53 * mark
        elif isinstance(dtype, pl.Datetime):
            made[name] = START + timedelta(hours=number, seconds=37 * place + 61 * number)
    return made | {
        name: None if owner is None else f"{name}~{owner}q" for name, owner in zip(OWNERS, owners, strict=True)
    }


def traces(value):
    """How a value may stand in a file: as it is, rounded, with commas, as a moment or a spreadsheet's day number."""
    if value is None or isinstance(value, bool):
        return set()
    if isinstance(value, list):
        return set(value)
    if isinstance(value, int):
        return {str(value), f"{value:,}"}
    if isinstance(value, float):
        whole = {f"{round(value)}", f"{round(value):,}"} if value > 1 else set()
        return {repr(value), f"{value:.16G}", *whole}
    if isinstance(value, datetime):
        local = (value + timedelta(hours=8)).replace(tzinfo=None)
        serial = (local - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
        return {value.strftime("%Y-%m-%dT%H:%M:%S"), local.strftime("%Y-%m-%d %H:%M:%S"), f"{serial:.16G}"}
    return {value}


def readable(paper):
    """All that is in a paper's files, unpacked."""
    with zipfile.ZipFile(io.BytesIO(workbook(paper, "zh-CN", "ab" * 32))) as archive:
        yield from (archive.read(name).decode() for name in archive.namelist())
    yield html(paper, "en").decode()
    yield tables.csv(paper.lines).decode("utf-8-sig")
    raw = tables.parquet(paper.lines)
    yield raw.decode("latin-1")
    yield tables.csv(pl.read_parquet(io.BytesIO(raw))).decode("utf-8-sig")


def forbidden(plan, paper):
    """The traces of all values but those of the reader's own rows in the columns that it may see."""
    owner = READER[paper.audience]
    mine = pl.lit(value=True) if owner is None else pl.col(owner).eq_missing(pl.lit(paper.reader, pl.String))
    own = plan.filter(mine).select(*SEEN[paper.audience])
    allowed = {trace for column in own for value in column.to_list() for trace in traces(value)}
    kept = plan.drop(SHARED)
    return {trace for column in kept for value in column.to_list() for trace in traces(value)} - allowed


owner = st.sampled_from(["a", "b", None])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(owners=st.lists(st.tuples(owner, owner, owner), min_size=2, max_size=4))
def test_no_file_holds_a_value_that_its_reader_must_not_see(decided, limits, background, owners):
    row = decided().row(0, named=True)
    plan = decided(*(marked(row, number, one) | {"rank": number + 1} for number, one in enumerate(owners)))
    kept = limits(*(("budget", one, None, "CNY", 9e5, 800_000.5, 0.5) for one in plan["merchant_id"].unique()))
    before = plan.select(*STOCKING_LIST.columns).with_columns(pl.col("recommended_units") + 1)
    for paper in papers(plan, kept, background(before, ("stock", "counted"))):
        secrets = forbidden(plan, paper)
        assert len(secrets) > 50
        found = {secret for part in readable(paper) for secret in secrets if secret in part}
        assert found == set(), (paper.audience, paper.reader)


def test_the_search_finds_a_value_that_is_there(decided, limits, background):
    plan = decided(marked(decided().row(0, named=True), 0, ("a", "b", "c")))
    for paper in papers(plan, limits(), background()):
        text = "\n".join(readable(paper))
        told = {name for name in SEEN[paper.audience] if any(one in text for one in traces(plan[name].to_list()[0]))}
        assert told >= SEEN[paper.audience] - set(OWNERS)
