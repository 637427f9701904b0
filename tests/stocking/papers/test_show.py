from stocking.papers.show import anchor_lines


def show(decided, *changes):
    return anchor_lines(decided(*changes), "Asia/Shanghai")


def listing(product, **changes):
    return {"product_id": product, "title": product} | changes


def test_the_show_follows_the_line_up_and_then_the_ranks(decided):
    lines = show(decided, listing("P1"), listing("P2", position=7), listing("P3"), listing("P4", position=2))
    assert lines.select("order", "product_id").rows() == [(1, "P4"), (2, "P2"), (3, "P1"), (4, "P3")]


def test_each_session_starts_at_one(decided):
    lines = show(decided, listing("P1"), listing("P2", session_id="S2"), listing("P3", session_id="S2"))
    assert lines.select("session_id", "order").rows() == [("S1", 1), ("S2", 1), ("S2", 2)]


def test_what_sells_most_is_main_what_keeps_most_is_profit_and_what_is_cheap_and_wanted_brings_traffic(decided):
    lines = show(
        decided,
        listing("turnover", price=50.0, cost=10.0, expected_sales_units=90.0),
        listing("earner", price=80.0, cost=8.0, expected_sales_units=5.0),
        listing("cheap", price=5.0, cost=4.0, expected_sales_units=80.0),
        listing("cheap, unwanted", price=5.0, cost=4.0, expected_sales_units=4.0),
        listing("dear", price=90.0, cost=70.0, expected_sales_units=30.0),
    )
    assert dict(lines.select("product_id", "role").rows()) == {
        "turnover": "main",
        "earner": "profit",
        "cheap": "traffic",
        "cheap, unwanted": "regular",
        "dear": "regular",
    }


def test_a_session_of_one_product_has_a_main_product(decided):
    assert show(decided, listing("P1"))["role"].to_list() == ["main"]


def test_a_free_product_is_no_profit_product_while_another_earns(decided):
    lines = show(decided, listing("main", price=99.0), listing("gift", price=0.0), listing("earner", price=5.0))
    assert dict(lines.select("product_id", "role").rows())["earner"] == "profit"


def test_stock_left_is_what_is_there_and_what_is_ordered(decided):
    assert show(decided, listing("P1", available_units=8, recommended_units=60))["stock_left_units"].to_list() == [68]


def test_substitutes_are_of_the_same_kind_and_session_in_stock_the_best_first_and_three_at_most(decided):
    none_left = {"available_units": 0, "recommended_units": 0}
    lines = show(
        decided,
        listing("P1"),
        listing("P2"),
        listing("P3", **none_left),
        listing("P4"),
        listing("P5"),
        listing("P6"),
        listing("other kind", category="beauty/masks"),
        listing("other session", session_id="S2"),
        listing("no kind", category=None),
        listing("no kind either", category=None),
    )
    assert dict(lines.select("product_id", "substitutes").rows()) == {
        "P1": ["P2", "P4", "P5"],
        "P2": ["P1", "P4", "P5"],
        "P3": ["P1", "P2", "P4"],
        "P4": ["P1", "P2", "P5"],
        "P5": ["P1", "P2", "P4"],
        "P6": ["P1", "P2", "P4"],
        "other kind": [],
        "other session": [],
        "no kind": [],
        "no kind either": [],
    }


def test_a_substitute_without_a_title_is_named_by_its_id(decided):
    lines = show(decided, listing("P1"), listing("P2", title=None))
    assert lines["substitutes"].to_list() == [["P2"], ["P1"]]
