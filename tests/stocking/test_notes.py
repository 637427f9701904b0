import pytest

from stocking.plan import stocking_list


def notes(lines, stock, policy):
    return stocking_list(lines, stock, policy)["notes"].to_list()[0]


@pytest.fixture
def plenty(stock):
    return stock(P1=(0, 0))


def test_a_line_without_surprises_has_no_notes(lines, plenty, policy):
    assert notes(lines(), plenty, policy) == []


TOLD = [
    ({"is_new_product": True}, "new product"),
    ({"capped_last_time": True}, "capped last time"),
    ({"lead_time_days": 6.0}, "order-by date has passed"),
    ({"lead_time_days": None}, "lead time not known"),
    ({"min_order_units": None}, "minimum order 0 and packs of 1 assumed"),
    ({"pack_units": None}, "minimum order 0 and packs of 1 assumed"),
    ({"unit_cost": None}, "default cost used"),
    ({"salvage_value": None}, "default salvage used"),
    ({"salvage_value": 4.5}, "salvage above cost"),
    ({"return_rate": None}, "default return rate used"),
    ({"unit_cost": 10.0}, "earns nothing"),
    ({"min_order_units": 400}, "too large to pay"),
    ({"min_order_units": 90}, "more than the 75 units that are best, stock included"),
    ({"units_offered": 30}, "more than the 30 units offered"),
]


def test_what_the_reader_must_know_is_told_and_nothing_else(lines, plenty, policy):
    for change, words in TOLD:
        told = notes(lines(change), plenty, policy)
        assert [words in note for note in told] == [True], told


def test_no_snapshot_is_told_apart_from_no_stock(lines, stock, policy):
    assert notes(lines(), stock(), policy) == ["stock not known: none counted"]


def test_stock_that_no_session_should_have_is_told(lines, stock, policy):
    told = notes(lines(), stock(P1=(80, 3)), policy)
    assert told == ["in stock beyond what the sessions ahead should have of this product: 8 units"]


def test_an_assumed_lead_time_is_told(lines, plenty, policy):
    assuming = policy.model_copy(update={"default_lead_time_days": 3.0})
    assert notes(lines({"lead_time_days": None}), plenty, assuming) == ["default lead time used"]


def test_what_the_forecast_says_comes_first(lines, plenty, policy):
    brought = lines({"forecast_notes": ["a baseline did better", None], "is_new_product": True})
    assert notes(brought, plenty, policy)[0] == "a baseline did better"
    assert len(notes(brought, plenty, policy)) == 2
    assert notes(lines({"forecast_notes": None}), plenty, policy) == []
    assert notes(lines().drop("forecast_notes"), plenty, policy) == []
