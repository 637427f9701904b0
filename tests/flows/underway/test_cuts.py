"""Another system is told its own reader's part of the alerts, and no more."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import day

from flows.telling.message import messages
from flows.underway.cuts import AudienceError, cut_for
from stocking.acts.advise import ALERTS, LISTING_KINDS
from stocking.acts.audiences import VIEWS

KINDS = (*LISTING_KINDS, "feed_silent", "room_silent", "session_late", "session_missing", "clock_skew")
OWNERS = ("merchant_id", "supplier_id", "anchor_id")
READERS = {name: None if view.reader is None else "mine" for name, view in VIEWS.items()}


@pytest.fixture(scope="module")
def alerts():
    """Of every kind one of mine, one of another's and one of nobody's."""
    rows = [
        {"alert_id": f"{kind} {owner}", "tick": 1, "cutoff": day(0), "kind": kind, "session_id": "S",
         "product_id": f"of {owner}", "units": 5, "by": day(1), "minute_mid": 3.0, "to_session_id": "T",
         "to_product_id": "elsewhere", "value": 99.5, "reason": "So it is.", **dict.fromkeys(OWNERS, owner)}
        for kind in KINDS for owner in ("mine", "other", None)
    ]  # fmt: skip
    return pl.DataFrame([{name: row.get(name) for name in ALERTS} for row in rows], schema=ALERTS)


@pytest.mark.parametrize("audience", VIEWS)
def test_an_audience_is_told_the_kinds_and_columns_of_its_view_and_only_its_readers_rows(alerts, audience):
    view, told = VIEWS[audience], cut_for(audience, READERS[audience])(alerts)
    assert set(told.columns) <= set(view.alerts) & set(ALERTS)
    kinds = KINDS if view.kinds is None else view.kinds
    owners = ("mine", "other", None) if view.reader is None else ("mine",)
    assert sorted(told["alert_id"]) == sorted(f"{kind} {owner}" for kind in kinds for owner in owners)


@pytest.mark.parametrize("audience", ["merchant", "supplier", "anchor"])
def test_who_has_no_alerts_is_told_none(alerts, audience):
    assert cut_for(audience, "../x")(alerts).is_empty()


@pytest.mark.parametrize("audience", ["supplier", "logistics", "anchor"])
def test_only_merchants_and_operators_are_told_what_it_is_worth(alerts, audience):
    assert "value" not in cut_for(audience, READERS[audience])(alerts).columns


@pytest.mark.parametrize("audience", sorted(set(VIEWS) - {"operator"}))
def test_nobody_is_told_whose_else_it_is(alerts, audience):
    assert not set(OWNERS) & set(cut_for(audience, READERS[audience])(alerts).columns)


def test_a_merchant_is_not_told_to_which_product_a_swap_leads_nor_what_it_is_worth(alerts):
    told = cut_for("merchant", "mine")(alerts)
    hidden = ("to_session_id", "to_product_id", "value")
    assert told.filter(kind="swap").select(hidden).row(0) == (None, None, None)
    assert told.filter(kind="reallocate").select(hidden).row(0) == ("T", "elsewhere", 99.5)


def test_an_operator_is_told_everything(alerts):
    assert cut_for("operator", None)(alerts).equals(alerts)


def test_no_alerts_are_cut_to_none(alerts):
    assert cut_for("merchant", "mine")(alerts.clear()).columns == cut_for("merchant", "mine")(alerts).columns


@pytest.mark.parametrize("audience", ["viewer", "", "Merchant", "../merchant", "__class__"])
def test_an_unknown_audience_is_refused(audience):
    with pytest.raises(AudienceError, match="expected one of merchant, supplier"):
        cut_for(audience, "mine")


@pytest.mark.parametrize(
    ("audience", "reader", "wanted"),
    [("merchant", None, "merchant_id"), ("supplier", None, "supplier_id"), ("anchor", None, "anchor_id"),
     ("operator", "mine", "no reader"), ("logistics", "mine", "no reader")],
)  # fmt: skip
def test_a_reader_is_asked_for_where_rows_belong_to_one_and_only_there(audience, reader, wanted):
    with pytest.raises(AudienceError, match=wanted):
        cut_for(audience, reader)


MARKS = pl.col("session_id", "product_id", "to_session_id", "to_product_id", "reason")
owner = st.sampled_from(["mine", "other", None])


@settings(deadline=None)
@given(owners=st.lists(st.tuples(owner, owner, owner, st.sampled_from(KINDS)), min_size=1, max_size=6))
def test_no_byte_of_a_message_is_of_another_reader_and_what_they_do_changes_none(owners):
    rows = [
        dict.fromkeys(ALERTS) | {"alert_id": f"A{n}", "tick": 1, "cutoff": day(0), "kind": kind,
         "session_id": f"session~{n}q", "product_id": f"product~{n}q", "units": 700_001 + n, "value": 800_000.5 + n,
         "to_session_id": f"to~{n}q", "to_product_id": f"to~product~{n}q", "reason": f"reason~{n}q",
         **dict(zip(OWNERS, whose, strict=True))}
        for n, (*whose, kind) in enumerate(owners)
    ]  # fmt: skip
    alerts = pl.DataFrame(rows, schema=ALERTS)
    for audience, view in VIEWS.items():
        if view.reader is None:
            continue
        cut = cut_for(audience, "mine")
        told = [one.body for one in messages(1, cut(alerts))]
        others = alerts.filter(pl.col(view.reader).ne_missing("mine"))
        text = b"".join(told).decode()
        marks = {str(value) for column in others.select(MARKS, "alert_id", "units") for value in column}
        assert [mark for mark in marks if f'"{mark}"' in text or f":{mark}," in text] == []
        assert told == [one.body for one in messages(1, cut(alerts.filter(pl.col(view.reader) == "mine")))]
