from datetime import timedelta

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from polars.testing import assert_frame_equal

from stocking.papers.audiences import VIEWS, papers

SECRETS = {"cost", "lost_profit", "expected_profit", "reserve_value", "leftover_chance", "p_hit", "return_rate"}


def of(made, audience):
    return {paper.reader: paper for paper in made if paper.audience == audience}


def products(made, audience):
    return {reader: sorted(set(paper.lines["product_id"])) for reader, paper in of(made, audience).items()}


@pytest.fixture
def made(decided, limits, background):
    plan = decided(
        {"product_id": "P1"},
        {"product_id": "P2", "merchant_id": "M2", "supplier_id": "U2", "anchor_id": "A2", "session_id": "S2"},
        {"product_id": "P3", "merchant_id": None, "supplier_id": None, "anchor_id": None, "session_id": "S3"},
        {"product_id": "P4"},
    )
    return papers(plan, limits(), background())


def test_a_merchant_gets_its_own_lines_and_lines_without_merchant_are_a_paper_of_their_own(made):
    assert products(made, "merchant") == {"M1": ["P1", "P4"], "M2": ["P2"], None: ["P3"]}


def test_a_supplier_gets_its_own_products_and_lines_without_supplier_are_nobodys(made):
    assert products(made, "supplier") == {"U1": ["P1", "P4"], "U2": ["P2"]}


def test_an_anchor_gets_its_own_sessions(made):
    assert products(made, "anchor") == {"A1": ["P1", "P4"], "A2": ["P2"], None: ["P3"]}


def test_logistics_gets_one_paper_of_everything(made):
    assert products(made, "logistics") == {None: ["P1", "P2", "P3", "P4"]}


def test_the_ranks_of_a_merchant_do_not_tell_how_many_lines_others_have(made):
    assert of(made, "merchant")["M1"].lines.select("rank", "product_id").rows() == [(1, "P1"), (2, "P4")]


def test_room_to_decide_in_is_empty_and_typed(made):
    lines = of(made, "merchant")["M1"].lines
    assert lines.select("approved_units", "note").null_count().row(0) == (2, 2)
    assert lines.select("approved_units", "note").dtypes == [pl.Int64, pl.String]


def test_only_merchants_see_money_and_chances():
    shown = {audience: SECRETS & set(view.shows) for audience, view in VIEWS.items()}
    assert shown == {"merchant": SECRETS, "supplier": set(), "logistics": set(), "anchor": set()}
    assert {audience for audience, view in VIEWS.items() if "price" in view.shows} == {"merchant", "anchor"}


def test_suppliers_and_logistics_are_not_even_worked_out_from_money_or_forecasts():
    for audience in ("supplier", "logistics"):
        read = set(VIEWS[audience].reads)
        assert read & (SECRETS | {"price", "rank", "merchant_id", "notes", "reasons"}) == set()
        assert [name for name in read if name.startswith(("demand_", "net_demand_"))] == []


def test_suppliers_learn_of_no_session_and_no_merchant():
    assert {"session_id", "scheduled_at", "merchant_id", "anchor_id", "room_id"} & set(VIEWS["supplier"].reads) == set()


def test_nothing_that_changes_in_others_rows_changes_a_paper(decided, limits, background):
    mine = {"product_id": "P1", "rank": 7}
    others = {"session_id": "S2", "merchant_id": "M2", "supplier_id": "U2", "anchor_id": "A2"}
    changed = others | {"title": "Mug", "cost": 9.0, "recommended_units": 1, "expected_sales_units": 1.0, "p_hit": 0.9}
    one = papers(decided(others, mine), limits(), background())
    two = papers(decided(changed, mine, changed | {"product_id": "P9"}), limits(), background())
    for audience, reader in (("merchant", "M1"), ("supplier", "U1"), ("anchor", "A1")):
        assert_frame_equal(of(one, audience)[reader].lines, of(two, audience)[reader].lines)


def test_each_reader_sees_its_own_limits_and_merchants_alone_what_one_more_would_bring(decided, limits, background):
    kept = limits(
        ("budget", "M1", None, "CNY", 1000.0, 900.0, 0.3),
        ("budget", "M2", None, "CNY", 2000.0, 900.0, 0.4),
        ("volume", None, None, "litres", 500.0, 100.0, 0.5),
        ("capacity", "U1", None, "units", 70.0, 60.0, 0.6),
        ("capacity", "U2", None, "units", 80.0, 60.0, 0.7),
        ("products", "S1", None, "products", 9.0, 1.0, 0.8),
        ("products", "S2", None, "products", 8.0, 1.0, 0.9),
    )
    made = papers(decided({}, {"merchant_id": None, "product_id": "P2"}), kept, background())
    seen = {(paper.audience, paper.reader): paper.limits.select("limit", "worth").rows() for paper in made}
    assert seen == {
        ("merchant", "M1"): [(1000.0, 0.3)],
        ("merchant", None): [],
        ("supplier", "U1"): [(70.0, 0.0)],
        ("logistics", None): [(500.0, 0.0)],
        ("anchor", "A1"): [(9.0, 0.0)],
    }


def test_changes_and_data_quality_are_told_to_merchants_only(decided, limits, background):
    plan = decided()
    told = background(plan.with_columns(recommended_units=pl.lit(48)), ("stock", "last counted a week ago"))
    heights = {paper.audience: (paper.changes.height, paper.quality.height) for paper in papers(plan, limits(), told)}
    assert heights == {"merchant": (1, 1), "supplier": (0, 0), "logistics": (0, 0), "anchor": (0, 0)}


def test_a_merchant_is_told_no_changes_of_others(decided, limits, background):
    before = decided({"merchant_id": "M2", "title": "theirs", "session_id": "S9"})
    [mine] = [one for one in papers(decided(), limits(), background(before)) if one.audience == "merchant"]
    assert mine.changes["change"].to_list() == ["new"]
    assert mine.changes["session_id"].to_list() == ["S1"]


def test_who_has_nothing_to_do_gets_no_paper(decided, limits, background):
    idle = decided({"recommended_units": 0, "reserve_units": 0})
    assert "supplier" not in {paper.audience for paper in papers(idle, limits(), background())}
    assert papers(idle.clear(), limits(), background()) == []


def test_readers_come_in_the_order_of_their_ids_unknown_ones_last(decided, limits, background):
    plan = decided(*({"merchant_id": one, "product_id": str(one)} for one in ("M2", None, "M10", "")))
    assert list(of(papers(plan, limits(), background()), "merchant")) == ["", "M10", "M2", None]


def test_what_is_no_plan_is_not_cut(decided, limits, background):
    with pytest.raises(SchemaErrors):
        papers(decided({"needed_by": None}), limits(), background())
    with pytest.raises(SchemaErrors):
        papers(decided().drop("cost"), limits(), background())


def test_flags_are_short_codes_in_a_fixed_order(decided, limits, background):
    flagged = dict.fromkeys(("is_new_product", "cost_is_default", "capped_last_time", "is_too_late"), True)
    late = decided(flagged, {"product_id": "P2"})
    lines = of(papers(late, limits(), background()), "merchant")["M1"].lines
    assert lines["flags"].to_list() == [["late_to_order", "new_product", "capped_last_time", "default_cost"], []]


def test_a_supplier_s_units_are_added_up_by_product_and_moment(decided, limits, background):
    plan = decided(
        {"session_id": "S1", "merchant_id": "M1", "recommended_units": 24, "reserve_units": 1},
        {"session_id": "S2", "merchant_id": "M2", "recommended_units": 36, "reserve_units": 2},
        {"session_id": "S3", "needed_by": decided()["needed_by"][0] + timedelta(hours=3), "recommended_units": 12},
        {"session_id": "S4", "needed_by": decided()["needed_by"][0] + timedelta(hours=5), "recommended_units": 48},
    )
    [paper] = of(papers(plan, limits(), background()), "supplier").values()
    columns = ("make_now_units", "reserve_units", "pack_units", "min_order_units", "peak_units")
    # Needed by 20:00, 23:00 and 1:00 the next day, in Shanghai.
    assert paper.lines.select(columns).rows() == [(60, 3, 12, 24, 72), (12, 12, 12, 24, 72), (48, 12, 12, 24, 72)]


def test_logistics_counts_parcels_by_local_day_and_names_its_busiest_hour(decided, limits, background):
    start = decided()["scheduled_at"][0]
    plan = decided(
        {"session_id": "S1", "expected_sales_units": 30.0, "units_an_order": 1.5},
        {"session_id": "S2", "scheduled_at": start + timedelta(hours=3), "units_an_order": None},
        {"session_id": "S3", "scheduled_at": start + timedelta(hours=1), "expected_sales_units": 60.0},
        {"session_id": "S4", "scheduled_at": start + timedelta(hours=4), "units_an_order": None, "unit_volume_l": None},
    )
    [paper] = of(papers(plan, limits(), background()), "logistics").values()
    shown = paper.lines.select("session_id", pl.col("day").dt.day(), "volume_l", "parcels", "day_parcels", "peak_hour")
    assert shown.rows() == [
        ("S1", 24, 30.0, 20.0, 60.0, 21),
        ("S3", 24, 30.0, 40.0, 60.0, 21),
        ("S2", 24, 30.0, None, 60.0, 21),
        ("S4", 25, None, None, None, None),
    ]
