"""Which answers are kept, which are refused and why, what they come to, and what of them was known at a cutoff."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sent_workbook import LIST, line, sent

from stocking.acceptance import acceptance
from stocking.decisions import DECISIONS, KEPT, decisions_at
from stocking.incoming.answers import answers
from stocking.judged import judged, sessions_meant
from stocking.lines import checked

NOON = datetime(2024, 6, 20, 12, tzinfo=UTC)
KNOWN = {"session_id": "S1", "merchant_id": "M1", "packed_units": 12, "least_units": 24}


def known(*changes):
    schema = {"session_id": pl.String, "product_id": pl.String, "merchant_id": pl.String}
    units = {"packed_units": pl.Int64, "least_units": pl.Int64}
    rows = [KNOWN | {"product_id": f"P{n}"} for n in (1, 2, 3)]
    return pl.DataFrame([*rows, *({**rows[0], **one} for one in changes)], schema | units)


def held(*lines, listings=None, **more):
    return judged(answers(sent(*lines, **more)), known() if listings is None else listings, NOON)


def kept(*lines, **more):
    return held(*lines, **more).accepted.select("product_id", "approved_units", "note").rows()


def refused(*lines, **more):
    return held(*lines, **more).refused.rows()


def test_units_and_notes_are_kept_with_list_merchant_and_instant():
    [row] = held(line(approved_units=24, note="as last year")).accepted.rows()
    assert row == ("M1", LIST, "S1", "P1", 30, 24, "as last year", NOON)


def test_a_line_left_as_it_came_is_no_answer_and_a_note_alone_is_one():
    found = held(line(), line(product_id="P2", note="call me"))
    assert (found.lines, found.unanswered) == (2, 1)
    assert found.accepted.select("product_id", "approved_units", "note").rows() == [("P2", None, "call me")]


@pytest.mark.parametrize("cell", [36, 36.0, "36", "36.0", " 36 ", "３６", "+36"])
def test_whole_units_are_read_however_they_are_written(cell):
    assert kept(line(approved_units=cell)) == [("P1", 36, None)]


@pytest.mark.parametrize("cell", ["1,000", "1.000,0", "36.5", 36.5, "36 boxes", "三十六", "1e3", "ok", "9" * 30])
def test_what_may_mean_two_things_or_none_is_refused_as_it_was_written(cell):
    [(row, column, value, reason)] = refused(line(approved_units=cell))
    assert (row, column, value) == (3, "approved_units", str(cell))
    assert reason == "is no whole number of units, such as 30"


@pytest.mark.parametrize(
    ("filled", "column", "reason"),
    [
        ({"approved_units": -12}, "approved_units", "is not between 0 and 1,000,000,000,000"),
        ({"approved_units": 12 * 10**12}, "approved_units", "is not between 0 and 1,000,000,000,000"),
        ({"approved_units": 31}, "approved_units", "is not in packs of 12"),
        ({"approved_units": 12}, "approved_units", "is less than the minimum order of 24"),
        ({"note": "?", "recommended_units": "many"}, "recommended_units", "is no whole number of units, such as 30"),
        ({"note": "?", "session_id": None}, "session_id", "is empty"),
        ({"note": "?", "product_id": None}, "product_id", "is empty"),
        ({"note": "?", "product_id": "P9"}, "product_id", "is no listing of this session that was known then"),
        ({"note": "?", "session_id": "S2"}, "product_id", "is no listing of this session that was known then"),
        ({"note": "#N/A"}, "note", "is an error"),
        (
            {"approved_units": "=1+1"},
            "approved_units",
            "is a formula that was never calculated: write what it should come to",
        ),
    ],
)
def test_an_answer_that_cannot_count_is_told_by_row_column_and_reason_and_the_rest_goes_on(filled, column, reason):
    found = held(line(**filled), line(product_id="P2", approved_units=24))
    assert found.refused.select("row", "column", "reason").rows() == [(3, column, reason)]
    assert found.accepted["product_id"].to_list() == ["P2"]


@pytest.mark.parametrize("units", [0, 24, 36])
def test_nothing_or_whole_packs_from_the_minimum_order_on_are_accepted(units):
    assert kept(line(approved_units=units)) == [("P1", units, None)]


def test_a_fault_in_a_line_that_nobody_answered_is_no_refusal():
    found = held(line(recommended_units="=1+1"))
    assert (found.refused.height, found.unanswered) == (0, 1)


def test_a_line_of_another_merchant_is_refused_even_if_it_was_smuggled_in():
    listings = known({"product_id": "P9", "merchant_id": "M2"}, {"product_id": "P8", "merchant_id": None})
    smuggled = (line(product_id=one, approved_units=24) for one in ("P9", "P8"))
    assert [one[3] for one in refused(*smuggled, listings=listings)] == ["belongs to another merchant"] * 2
    assert kept(line(product_id="P9", approved_units=24), listings=listings, signed={}) == [("P9", 24, None)]


def test_a_listing_in_two_rows_counts_once_if_both_say_the_same_and_else_not_at_all():
    twice = (line(approved_units=24), line(approved_units="24.0"))
    assert kept(*twice) == [("P1", 24, None)]
    unlike = (line(approved_units=24), line(approved_units=36))
    assert kept(*unlike) == []
    assert [one[3] for one in refused(*unlike)] == ["stands in two rows that say different things"] * 2


def test_ids_are_known_again_as_cells_hold_them_and_kept_as_they_are():
    listings = known({"product_id": "a\x00b"}, {"product_id": "0042"}, {"product_id": "7"})
    rows = [line(product_id=one, approved_units=24) for one in ("ab", "0042", 7.0)]
    assert [one[0] for one in kept(*rows, listings=listings)] == ["a\x00b", "0042", "7"]


def test_of_ids_that_look_alike_in_cells_none_is_meant():
    listings = known({"product_id": "a\x00b"}, {"product_id": "ab"})
    [(_, column, value, _)] = refused(line(product_id="ab", approved_units=24), listings=listings)
    assert (column, value) == ("product_id", "ab")


def test_the_sessions_of_a_workbook_are_found_among_all():
    found = answers(sent(line(), line(session_id="ab")))
    assert sessions_meant(found, pl.Series(["S0", "S1", "a\x01b"])).to_list() == ["S1", "a\x01b"]


def test_a_note_is_kept_on_one_line_without_control_characters():
    assert kept(line(note=" red\none\t= 5 ")) == [("P1", None, "red one = 5")]


def test_a_workbook_without_lines_is_all_empty():
    found = held()
    assert (found.lines, found.unanswered, found.accepted.height, found.refused.height) == (0, 0, 0, 0)
    assert found.accepted.schema == KEPT
    assert acceptance(found).answered_share == 0.0


cells = st.sampled_from([None, 0, 24, 30, "36", "x", "=1", -1, True])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(["P1", "P2", "P9", None]), cells, st.sampled_from([None, "n"])), max_size=6))
def test_no_line_is_lost(rows):
    numbered = [line(product_id=product, approved_units=units, note=note) for product, units, note in rows]
    found = held(*numbered)
    twice = found.lines - found.unanswered - found.refused.height - found.accepted.height
    assert found.lines == len(rows)
    assert 0 <= twice <= max(len(rows) - 1, 0)
    assert found.refused["row"].is_unique().all()
    checked(found.accepted, DECISIONS)


def test_acceptance_counts_lines_and_the_units_of_those_that_were_decided():
    units = {"P1": 36, "P2": 24, "P3": 48, "P4": 0, "P5": None, "P6": None, "P7": 31, "P8": 0}
    advised = {"P8": 0, "P1": 36}
    listings = known(*({"product_id": f"P{n}"} for n in range(4, 9)))
    rows = [
        line(
            product_id=one,
            approved_units=given,
            recommended_units=advised.get(one, 36),
            note="?" if one == "P5" else None,
        )
        for one, given in units.items()
    ]
    told = acceptance(held(*rows, listings=listings))
    assert (told.lines, told.unanswered, told.refused, told.noted) == (8, 1, 1, 1)
    assert (told.as_recommended, told.raised, told.lowered, told.declined) == (2, 1, 1, 1)
    assert (told.recommended_units, told.approved_units) == (36 + 36 + 36 + 36, 36 + 24 + 48)
    assert told.answered_share == 7 / 8
    assert told.facts()["answered"] == "7 (88%)"
    assert told.facts()["units"] == "108 approved of 144 recommended"


def decided(*rows):
    found = [
        {"session_id": "S1", "product_id": "P1", "recommended_units": 1, "approved_units": units, "note": note}
        | {"decided_at": NOON + timedelta(hours=hours)}
        for hours, units, note in rows
    ]
    return pl.DataFrame(found, schema=KEPT)


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([(0, 24, None), (1, 36, None)], (36, None)),
        ([(1, 36, None), (0, 24, None)], (36, None)),
        ([(0, 24, "a"), (1, None, "b")], (24, "b")),
        ([(0, 24, "a"), (1, 0, None)], (0, "a")),
        ([(0, None, "a")], (None, "a")),
        ([(0, 24, None), (2, 36, None)], (24, None)),
        ([(0, 36, "b"), (0, 24, "a")], (24, "a")),
    ],
)
def test_the_latest_decision_before_the_cutoff_counts_and_empty_cells_decide_nothing(rows, answer):
    [row] = decisions_at(decided(*rows), NOON + timedelta(hours=2)).rows()
    assert row == ("S1", "P1", *answer)


def test_what_is_decided_at_the_cutoff_or_later_is_not_known():
    assert decisions_at(decided((0, 24, None)), NOON).is_empty()
    none = decisions_at(decided(), NOON)
    assert none.schema == {
        "session_id": pl.String,
        "product_id": pl.String,
        "approved_units": pl.Int64,
        "note": pl.String,
    }
