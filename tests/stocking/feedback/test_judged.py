"""A line beside what happened: returns as known, losses as everywhere, stock as counted."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.accuracy import pinball
from models.baselines.naive import NAIVE
from models.hindsight import FRESH, MATURE
from stocking.feedback import contract
from stocking.feedback.contract import FEEDBACK, SIMPLE, STAGES, latest
from stocking.feedback.judged import LINE, judged, with_on_hand
from stocking.feedback.shown import NAMES
from stocking.lines import checked

NOON = datetime(2024, 6, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def happened(**more):
    told = {
        "session_id": "S1", "product_id": "P1", "stage": "fresh", "over_known": NOON, "sales_units": 8,
        "demand_units": 8.0, "censored": False, "available_share": 1.0, "returned_units": 0, "hit_bar_units": 7.0,
        "hit": True,
    } | more  # fmt: skip
    schema = {name: contract.KEPT[name] for name in told}
    return pl.DataFrame([told], schema=schema)


def found(rows, policy, changes, **more):
    line = rows(changes).select(LINE)
    return judged(line, happened(**more), LATER, policy).row(0, named=True)


def test_names_are_those_of_the_models():
    assert tuple(NAIVE) == SIMPLE == tuple(NAMES)
    assert STAGES == (FRESH, MATURE)


def test_a_row_keeps_the_line_and_tells_the_outcome(rows, policy):
    row = found(rows, policy, {"return_rate": 0.0})
    assert (row["judged_at"], row["hit"], row["hit_bar_units"]) == (LATER, True, 7.0)
    assert (row["met_units"], row["left_units"]) == (8.0, 4.0)
    assert row["profit"] == 8 * (10 - 4) - 4 * (4 - 1)
    assert row["oracle_profit"] == 8 * 6
    checked(rows({}), FEEDBACK)


@pytest.mark.parametrize(
    ("stage", "sold", "returned", "share"),
    [
        ("fresh", 8, 0, 0.1),  # the one forecast, as nothing could come back yet
        ("fresh", 8, 4, 0.5),  # more than that has
        ("mature", 8, 0, 0.0),
        ("mature", 8, 2, 0.25),
        ("mature", 0, 0, 0.1),  # nothing sold, nothing known
        ("mature", 2, 3, 1.0),
    ],
)
def test_returns_are_forecast_until_they_are_in(rows, policy, stage, sold, returned, share):
    row = found(rows, policy, {}, stage=stage, sales_units=sold, returned_units=returned)
    assert row["returned_share"] == pytest.approx(share)


def test_late_returns_take_profit_away(rows, policy):
    then = found(rows, policy, {"return_rate": 0.0})
    now = found(rows, policy, {"return_rate": 0.0}, stage="mature", returned_units=2)
    assert then["profit"] - now["profit"] == pytest.approx(8 * 0.25 * (10 - 1))  # a quarter refunded, salvage kept


def test_losses_are_those_of_the_models(rows, policy):
    row = found(rows, policy, {"last_session_p10": 1.0, "last_session_p50": 9.0, "last_session_p90": 30.0})
    units = np.array([8.0])
    ours = np.mean([pinball(units, np.array([q]), level) for q, level in ((4, 0.1), (10, 0.5), (20, 0.9))])
    theirs = np.mean([pinball(units, np.array([q]), level) for q, level in ((1, 0.1), (9, 0.5), (30, 0.9))])
    assert row["pinball3"] == pytest.approx(ours)
    assert row["last_session_pinball3"] == pytest.approx(theirs)
    assert found(rows, policy, {"last_session_p90": None})["last_session_pinball3"] is None


def test_the_last_judgement_of_a_listing_counts(rows):
    fresh, mature = {}, {"stage": "mature", "judged_at": NOON + timedelta(days=14)}
    other = {"product_id": "P2"}
    told = latest(rows(mature, other, fresh))
    assert told.select("product_id", "stage").rows() == [("P1", "mature"), ("P2", "fresh")]


def test_stock_is_what_was_last_counted_and_known_as_the_session_began():
    moments = {"as_of": pl.Datetime("us", "UTC"), "received_at": pl.Datetime("us", "UTC")}
    hour = timedelta(hours=1)
    stock = pl.DataFrame(
        [
            ("P1", NOON - 2 * hour, None, 7),
            ("P1", NOON - hour, NOON + hour, 5),  # learnt of too late
            ("P1", NOON + hour, None, 3),
            ("P2", NOON - hour, None, 1),
        ],
        schema={"product_id": pl.String, **moments, "on_hand_units": pl.Int64},
        orient="row",
    )
    listings = pl.DataFrame({"session_id": ["S1", "S1"], "product_id": ["P1", "P3"]})
    begun = listings.with_columns(begins=pl.lit(NOON).cast(pl.Datetime("us", "UTC")))
    assert with_on_hand(listings, begun, stock)["on_hand_units"].to_list() == [7, None]
