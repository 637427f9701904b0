import numpy as np
import polars as pl
import pytest

from models.accuracy import balanced_scores
from models.grid import LEVELS, QUANTILES
from models.metrics import hit_scores
from models.paired import ADDS, HARMS, NOTHING, Difference, Draws


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    """Forty sessions of ten listings, some sold out, with forecasts that know something."""
    draw = np.random.default_rng(3)
    size = draw.uniform(5, 50, 400)
    demand = np.floor(size * draw.lognormal(0, 0.4, 400))
    columns = {name: size * 2 * level for name, level in zip(QUANTILES, LEVELS, strict=True)}
    return pl.DataFrame(
        {
            "session_id": np.repeat([f"s{number}" for number in range(40)], 10),
            "product_id": [f"p{number}" for number in range(400)],
            "cutoff": [0] * 400,
            "hit": demand > 40,
            "p_hit": size.round() / 100,
            "censored": draw.random(400) < 0.2,
            "available_share": draw.uniform(0.3, 1.0, 400),
            "demand_units": demand,
            "demand_mean": size,
            "profit": np.minimum(demand, size) * 2 - size,
            "oracle_profit": demand,
            **columns,
        }
    )


@pytest.fixture(scope="module")
def draws(rows) -> Draws:
    return Draws.of(rows["session_id"], repeats=1, seed=1)


def test_the_sessions_as_they_were_give_the_numbers_that_verdicts_rest_on(rows, draws):
    told = draws.scores([rows])
    assert told["ap"][0] == pytest.approx(hit_scores(rows, 5)["ap_all"])
    assert told["pinball"][0] == pytest.approx(balanced_scores(rows)["pinball_all"])
    assert told["profit_share"][0] == pytest.approx(rows["profit"].sum() / rows["oracle_profit"].sum())


def test_a_forecast_is_no_better_than_itself(rows, draws):
    told = draws.scores([rows])
    assert {Difference.of(metric, own, own).verdict for metric, own in told.items()} == {NOTHING}


def test_less_loss_is_better_and_more_is_worse(rows, draws):
    told = draws.scores([rows])
    worse = draws.scores([rows.with_columns(pl.col(QUANTILES) * 3, profit=pl.col("profit") - 5)])
    for metric in ("pinball", "profit_share"):
        assert Difference.of(metric, told[metric], worse[metric]).verdict == ADDS
        assert Difference.of(metric, worse[metric], told[metric]).verdict == HARMS


def test_rows_without_a_label_do_not_count_for_hits(rows, draws):
    half = rows.with_columns(hit=pl.when(pl.int_range(pl.len()) < 200).then("hit"))
    assert draws.scores([half])["ap"][0] == pytest.approx(hit_scores(half, 5)["ap_all"])


def test_where_nothing_is_a_hit_or_earns_nothing_is_told(rows, draws):
    idle = rows.with_columns(hit=pl.lit(value=False), profit=pl.lit(0.0), oracle_profit=pl.lit(0.0))
    told = draws.scores([idle])
    for metric in ("ap", "profit_share"):
        found = Difference.of(metric, told[metric], told[metric])
        assert (found.value, found.low, found.high, found.verdict) == (None, None, None, NOTHING)


def test_each_draw_takes_as_many_sessions_and_weighs_its_repeats_to_one(rows):
    draws = Draws.of(rows["session_id"], repeats=3, seed=1)
    assert (draws.times.sum(axis=1) == 40).all()
    assert np.allclose(draws.repeats.sum(axis=1), 1.0)
    assert draws.repeats[0].tolist() == pytest.approx([1 / 3] * 3)


def test_repeats_count_by_their_mean(rows):
    draws = Draws.of(rows["session_id"], repeats=2, seed=1)
    other = rows.with_columns(profit=pl.col("profit") - 1)
    own, less = (draws.scores([one, one])["profit_share"][0] for one in (rows, other))
    assert draws.scores([rows, other])["profit_share"][0] == pytest.approx((own + less) / 2)


def test_disagreeing_repeats_widen_the_interval(rows):
    draws = Draws.of(rows["session_id"], repeats=2, seed=1)
    other = rows.with_columns(profit=pl.col("profit") - 2)
    base = draws.scores([rows, rows])["profit_share"]
    wide = Difference.of("profit_share", draws.scores([rows, other])["profit_share"], base)
    assert wide.low is not None
    assert wide.high == pytest.approx(0)
    assert wide.verdict == NOTHING
