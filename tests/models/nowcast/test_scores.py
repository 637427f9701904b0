import polars as pl
import pytest

from models.dataset import ROW
from models.grid import LEVELS, QUANTILES
from models.nowcast.rivals import RIVALS
from models.nowcast.scores import OURS, scores, tried

MEAN_LEVEL = sum(LEVELS) / len(LEVELS)


def saying(rows, units):
    return rows.select(ROW).with_columns(
        pl.Series(name, units, pl.Float64) for name in ("p_hit", "demand_mean", *QUANTILES)
    )


def by_metric(found):
    return {(name, minute, metric): value for name, minute, metric, value in found.iter_rows()}


@pytest.fixture
def two(moment):
    """Two listings after 5 minutes that came to 10 and 20 units."""
    return moment({"demand_units": 10.0, "censored": False, "available_share": 1.0},
                  {"demand_units": 20.0, "censored": False, "available_share": 1.0})  # fmt: skip


def test_ten_units_said_of_ten_and_of_twenty(two):
    """The second costs its level for each of 10 units at each level, is off by 10 of 30 units in all, not covered."""
    told = by_metric(scores(two, {OURS: saying(two, [10.0, 10.0])}))
    assert told == {
        (OURS, "5", "pinball"): pytest.approx(10 * MEAN_LEVEL / 2),
        (OURS, "5", "wape"): pytest.approx(1 / 3),
        (OURS, "5", "coverage80"): 0.5,
        (OURS, "5", "pinball_all"): pytest.approx(10 * MEAN_LEVEL / 2),
        (OURS, "5", "wape_all"): pytest.approx(1 / 3),
    }


def test_what_sold_out_counts_only_among_all_and_there_by_the_share_that_found_stock(two):
    rows = two.with_columns(censored=pl.Series([False, True]), available_share=pl.Series([1.0, 0.5]))
    told = by_metric(scores(rows, {OURS: saying(rows, [10.0, 10.0])}))
    assert told[OURS, "5", "wape"] == 0.0
    assert told[OURS, "5", "wape_all"] == pytest.approx(0.5 * 10 / (10 + 0.5 * 20))
    assert told[OURS, "5", "pinball_all"] == pytest.approx(0.5 * 10 * MEAN_LEVEL / 1.5)


def test_each_minute_is_judged_alone_and_before_the_opening_has_a_name(two):
    rows = two.with_columns(listing_minutes_open=pl.Series([None, 30.0], dtype=pl.Float32))
    told = by_metric(scores(rows, {OURS: saying(rows, [10.0, 10.0])}))
    assert (told[OURS, "before", "wape"], told[OURS, "30", "wape"]) == (0.0, 0.5)


def test_each_predictor_is_judged_on_the_same_rows(two):
    told = by_metric(scores(two, {"a": saying(two, [10.0, 20.0]), "b": saying(two, [0.0, 0.0])}))
    assert (told["a", "5", "wape"], told["b", "5", "wape"]) == (0.0, 1.0)


def test_where_nothing_was_sold_there_is_no_share_of_it(two):
    found = scores(two.with_columns(demand_units=0.0), {OURS: saying(two, [1.0, 1.0])})
    assert not found["metric"].str.contains("wape").any()


def test_the_nowcast_and_every_rival_learn_from_earlier_sessions_and_are_judged_on_later_ones(rows, settings):
    found = tried(rows, settings)
    assert set(found["predictor"]) == {OURS, *RIVALS}
    assert set(found["minute"]) == {"before", "1", "5", "30"}
    lost = {name: value for name, minute, metric, value in found.iter_rows() if (minute, metric) == ("30", "pinball")}
    assert lost[OURS] < lost["plan"]


def test_too_little_to_learn_from_is_too_little_to_judge(rows, settings):
    few = rows.filter(pl.col("session_id") == "s1")
    assert tried(few, settings).is_empty()
    assert tried(rows.clear(), settings).is_empty()
