from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.drift.feed import feed, unlike
from models.drift.streams import chances, features, intervals, with_day

DAY = date(2025, 3, 3)


def days(*counts):
    return [DAY + timedelta(days=number) for number, count in enumerate(counts) for _ in range(count)]


def scores(streams, name):
    return streams.filter(stream=name).sort("day")["score"].round(3).to_list()


def test_hits_are_counted_in_standard_deviations_from_what_was_promised():
    rows = pl.DataFrame({"day": days(4, 4), "p_hit": [0.5] * 8, "hit": [True] * 4 + [True, False, True, False]})
    assert scores(chances(rows), "hits") == [2.0, 0.0]


def test_an_order_of_chances_that_is_turned_round_shows_though_there_are_as_many_hits():
    rows = pl.DataFrame({"day": days(2, 2), "p_hit": [0.9, 0.1] * 2, "hit": [True, False, False, True]})
    told = chances(rows)
    assert scores(told, "hits") == [0.0, 0.0]
    right, wrong = scores(told, "ranking")
    assert right == pytest.approx(0.471, abs=0.001)
    assert wrong == pytest.approx(-4.243, abs=0.001)


def test_days_without_labels_say_nothing():
    rows = pl.DataFrame({"day": days(1), "p_hit": [0.5], "hit": pl.Series([None], dtype=pl.Boolean)})
    assert chances(rows).height == 0


def test_what_sold_out_says_nothing_of_coverage():
    rows = pl.DataFrame(
        {
            "day": days(5, 1),
            "demand_p10": 1.0,
            "demand_p50": 5.0,
            "demand_p90": 9.0,
            "demand_units": [0.0, 6.0, 6.0, 6.0, 6.0, 99.0],
            "censored": [False] * 5 + [True],
        }
    )
    told = intervals(rows)
    assert scores(told, "outside") == [0.0]
    assert scores(told, "above") == [pytest.approx(1.5 / np.sqrt(1.25), abs=0.001)]


def table(dice, first, last, shift=0.0):
    spread = np.repeat(np.arange(first, last), 30)
    growing = spread.astype(np.float32)
    return pl.DataFrame(
        {
            "day": [DAY + timedelta(days=int(number)) for number in spread],
            "price": (dice.normal(size=len(spread)) + shift).astype(np.float32),
            "product_showings": growing,
            "weekday": growing % 7,
        }
    )


def test_a_group_moves_with_its_features_but_not_with_those_that_moved_while_learning(monitoring):
    dice = np.random.default_rng(2)
    learnt, later = table(dice, 0, 28), table(dice, 28, 42, shift=1.5)
    streams, psi = features(learnt, later, monitoring)
    told = {name: (value, steady) for _, name, value, steady in psi.iter_rows()}
    assert told["price"][0] > 0.25
    assert told["price"][1]
    assert told["product_showings"][0] > 0.25
    assert not told["product_showings"][1]
    assert streams["stream"].unique().to_list() == ["price"]
    assert streams["score"].min() > 0.25


def test_of_a_predictor_that_learnt_from_nothing_no_group_can_move(monitoring):
    dice = np.random.default_rng(2)
    streams, psi = features(table(dice, 0, 28).clear(), table(dice, 28, 42), monitoring)
    assert (streams.height, psi["steady"].any()) == (0, False)


ORDERS = {"order_id": pl.String, "ts": pl.Datetime("us", "UTC"), "received_at": pl.Datetime("us", "UTC"),
          "unit_price": pl.Float64, "viewer_id": pl.String}  # fmt: skip


def orders(*rows):
    return pl.DataFrame([(str(n), ts, None, price, None) for n, (ts, price) in enumerate(rows)], ORDERS, orient="row")


def test_the_feed_is_told_by_day_with_silent_days_among_them_and_the_day_under_way_left_out():
    noon = datetime(2025, 3, 3, 4, tzinfo=UTC)
    told = orders((noon, 9.0), (noon, 11.0), (noon + timedelta(days=2), 1000.0), (noon + timedelta(days=3), 1.0))
    found = feed({"orders": told.lazy()}, noon + timedelta(days=3, hours=1), "Asia/Shanghai")
    assert found.filter(stream="orders: rows")["day"].to_list() == [DAY + timedelta(days=n) for n in range(3)]
    assert np.expm1(found.filter(stream="orders: rows")["score"]).round().to_list() == [2, 0, 1]
    assert np.expm1(found.filter(stream="orders: unit_price")["score"]).round().to_list() == [10, 1000]
    assert found.filter(stream="orders: unknown")["score"].round(2).to_list() == [0.4, 0.4]


def test_an_empty_table_says_nothing():
    assert feed({"orders": orders().lazy()}, datetime(2025, 3, 9, tzinfo=UTC), "Asia/Shanghai").height == 0


def test_trade_may_double_before_the_feed_is_doubted():
    told = pl.DataFrame(
        {
            "kind": "feed",
            "stream": "orders: rows",
            "day": days(1, 1, 1, 1),
            "score": np.log([100.0, 100.0, 180.0, 20.0]),
        }
    )
    found = unlike(told, DAY + timedelta(days=2), 2.0)["score"]
    assert found.round(3).to_list() == [0.0, 0.0, 0.0, round(-np.log(5) + np.log(2), 3)]


def test_a_session_is_of_the_day_that_its_market_has():
    late = pl.DataFrame({"scheduled_at": [datetime(2025, 3, 3, 17, tzinfo=UTC)]})
    assert with_day(late, "Asia/Shanghai")["day"].to_list() == [date(2025, 3, 4)]
