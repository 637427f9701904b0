import io

import numpy as np
import polars as pl
import pytest

from flows.pictures.causes import Moved, contributions, importance
from flows.pictures.chances import gain, reliability
from flows.pictures.units import coverage, errors, keys, residuals, segments
from models.grid import LEVELS, QUANTILES

COUNT = 200


@pytest.fixture
def judged():
    """Listings of which every tenth is a hit; one predictor ranks them rightly, another the wrong way round."""
    number = np.arange(COUNT)
    hit = number % 10 == 0
    rows = pl.DataFrame(
        {
            "session_id": [f"s{one // 20}" for one in number],
            "product_id": [f"p{one}" for one in number],
            "cutoff": [0] * COUNT,
            "hit": hit,
            "demand_units": np.where(hit, 100.0, number % 10),
            "is_new_product": number % 4 == 0,
            "department": np.where(number < 150, "food", "beauty"),
            "price": (number % 40).astype(np.float64),
        }
    )
    quantiles = [pl.lit(10.0 * level).alias(name) for level, name in zip(LEVELS, QUANTILES, strict=True)]
    right = rows.with_columns(
        pl.lit("challenger").alias("predictor"), pl.when("hit").then(0.8).otherwise(0.02).alias("p_hit")
    )
    wrong = rows.with_columns(
        pl.lit("last_session").alias("predictor"), pl.when("hit").then(0.1).otherwise(0.5).alias("p_hit")
    )
    return pl.concat([right, wrong]).with_columns(quantiles)


def own(judged):
    return judged.filter(predictor="challenger")


def texts(figure):
    figure.savefig(io.BytesIO())  # places the labels, and fails where something cannot be drawn
    every = [axes.get_title() for axes in figure.axes]
    return " | ".join(every + [one.get_text() for axes in figure.axes for one in axes.get_yticklabels()])


def lines(figure):
    return {line.get_label(): line for axes in figure.axes for line in axes.get_lines()}


def test_reliability_shows_promised_beside_what_came(judged):
    figure = reliability(own(judged))
    assert "10% promised, 10% came, over all 200 forecasts" in texts(figure)
    (points,) = [one for one in figure.axes[0].containers if one.get_label() == "what came (90%)"]
    promised, came = points.lines[0].get_data()
    assert (promised[-1], came[-1]) == (pytest.approx(0.8), 1.0)


def test_gain_tells_the_share_of_hits_that_the_best_ranked_tenth_holds(judged):
    figure = gain(judged)
    assert "The first 10% of the ranking hold 100% of all hits" in texts(figure)
    found = lines(figure)
    assert found["this predictor"].get_ydata()[20] == 1
    assert found["last session"].get_ydata()[180] == 0


def test_coverage_tells_how_many_outcomes_lay_within(judged):
    figure = coverage(own(judged))
    within = own(judged).select(pl.col("demand_units").is_between(1, 9).mean()).item()
    assert f"{100 * within:.0f}% of outcomes lay from the 10% to the 90% quantile" in texts(figure)
    assert lines(figure)["outcomes at or below it"].get_ydata()[LEVELS.index(0.5)] == pytest.approx(0.5)


def test_residuals_have_a_box_for_each_tenth_of_the_forecasts(judged):
    sized = own(judged).with_columns(demand_p50=pl.int_range(pl.len()).cast(pl.Float64))
    figure = residuals(sized)
    texts(figure)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()][:2] == ["0-19", "20-39"]
    assert len(figure.axes[0].patches) == 10


def test_segments_tell_error_and_bias_of_each_kind(judged):
    found = errors(own(judged).filter(~pl.col("hit")), pl.col("department"), "rows")
    food = own(judged).filter(~pl.col("hit"), department="food")
    assert found["kind"].to_list() == ["food", "beauty"]
    off = 5 - food["demand_units"]
    assert found["wape"][0] == pytest.approx(off.abs().sum() / food["demand_units"].sum())
    assert found["bias"][0] == pytest.approx(off.sum() / food["demand_units"].sum())


def test_segments_show_history_department_and_price_bands_in_order(judged):
    figure = segments(own(judged))
    said = texts(figure)
    assert len(figure.axes) == 3
    assert "new product (50)" in said
    assert "food (150)" in said
    bands = [label.get_text().partition(" (")[0] for label in figure.axes[2].get_yticklabels()]
    assert bands[::-1] == ["up to 10", "up to 20", "up to 29", "over 29"]


def test_what_is_not_known_of_listings_is_no_segment(judged):
    assert list(keys(own(judged).drop("department", "price"))) == ["history"]


def test_importance_shows_the_strongest_feature_above_all(judged):
    gains = pl.DataFrame({"feature": ["weak", "strong"], "demand": [0.1, 0.5], "hits": [0.1, 0.3]})
    figure = importance(gains)
    assert "2 of 2 features" in texts(figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["weak", "strong"]


@pytest.mark.parametrize("hits", [True, False])
def test_contributions_show_a_dot_a_listing_and_the_strongest_feature_above_all(hits):
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(50, 2)) * [0.1, 2.0]
    values = np.where(draw.random((50, 2)) < 0.2, np.nan, draw.random((50, 2)))
    figure = contributions(Moved(("weak", "strong"), values, scores, scores if hits else None))
    assert "demand (log of units)" in texts(figure)
    assert ("a hit (log-odds)" in texts(figure)) == hits
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["weak", "strong"]
    assert len(figure.axes[0].collections[0].get_offsets()) == 100
