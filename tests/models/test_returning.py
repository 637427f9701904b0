from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models.canary import repeat
from models.returning import CAUTION, Blend, log_odds, split, surely_better
from models.returns import Returns
from models.ripening import Lessons
from models.store import load, load_with_canary, save
from models.train import fit

LOW, HIGH = 0.05, 0.45


@pytest.fixture(scope="module")
def sold(make_dataset):
    """Listings of some 60 units; the deeply discounted half comes back more often, and no other feature tells."""
    return discounted(make_dataset(1_500), lambda deep, _late: np.where(deep, HIGH, LOW))


def discounted(dataset, rate):
    draw = np.random.default_rng(3)
    deep = draw.random(dataset.rows.height) < 0.5
    late = (dataset.rows["cutoff"] > dataset.as_of - timedelta(days=60)).to_numpy()
    units = 20 + draw.integers(0, 80, dataset.rows.height)
    told = dataset.rows.with_columns(
        sales_units=units,
        demand_units=units.astype(float),
        returned_units=draw.binomial(units, rate(deep, late)),
        discount_share=np.where(deep, 0.5, 0.1).astype(np.float32),
    )
    return replace(dataset, rows=told)


def by_depth(returns, dataset):
    rates = dataset.rows.select("discount_share", returns.rate(dataset.rows)).group_by("discount_share").mean()
    return rates.sort("discount_share")["return_rate"].to_list()


def test_a_feature_that_tells_of_returns_gives_each_listing_its_rate(sold, settings):
    returns = Returns.of(sold, settings)
    assert returns.learnt is not None
    low, high = by_depth(returns, sold)
    assert (low, high) == (pytest.approx(LOW, abs=0.04), pytest.approx(HIGH, abs=0.06))


def test_where_no_feature_tells_the_usual_shares_answer(make_dataset, settings):
    even = discounted(make_dataset(1_500), lambda deep, _late: np.full(len(deep), 0.2))
    returns = Returns.of(even, settings)
    assert returns.learnt is None
    assert returns.rate(even.rows).equals(Returns.usual(even.rows, settings).rate(even.rows))
    assert returns.close > 100


def test_a_booster_that_is_worse_on_later_listings_is_dropped(make_dataset, settings):
    """Discounts used to mean returns, and lately mean the opposite."""
    turned = discounted(make_dataset(1_500), lambda deep, late: np.where(deep == late, LOW, HIGH))
    assert Returns.of(turned, settings).learnt is None


def test_without_returns_nothing_is_learnt_or_said(sold, settings):
    none = replace(sold, rows=sold.rows.with_columns(returned_units=pl.lit(0, pl.Int64)))
    returns = Returns.of(none, settings)
    assert (returns.learnt, returns.close) == (None, None)
    assert returns.rate(none.rows).null_count() == none.rows.height


@pytest.fixture(scope="module")
def coming(sold):
    """The same, but of the last three weeks ever fewer returns have come, and of the last two days none."""
    age = (pl.lit(sold.as_of) - pl.col("scheduled_at")).dt.total_days()
    come = pl.when(age < 21).then((age - 2).clip(0, 18) / 18).otherwise(1.0)
    back = (pl.col("returned_units") * come).round().cast(pl.Int64)
    return replace(sold, rows=sold.rows.with_columns(returned_units=back, return_matured=age >= 21))


def test_returns_that_still_come_are_never_taken_for_all(coming, settings):
    assert coming.rows["return_matured"].mean() < 0.95
    returns = Returns.of(coming, settings)
    assert returns.learnt is not None
    low, high = by_depth(returns, coming)
    assert (low, high) == (pytest.approx(LOW, abs=0.04), pytest.approx(HIGH, abs=0.06))


def test_a_trial_learns_from_what_was_ripe_when_the_listings_began_on_which_it_is_judged(coming, settings):
    earlier, later = split(coming, settings)
    assert earlier.rows["over_known"].max() + timedelta(days=21) <= later.rows["cutoff"].min()
    assert later.rows["return_matured"].all()
    assert later.rows["scheduled_at"].max() > coming.as_of - timedelta(days=25)


def test_a_blend_is_put_right_in_the_large_and_drawn_to_the_usual_while_listings_are_few(sold):
    """Half of the units come back; the usual share is a tenth, and the booster's says nothing but a fifth."""
    many, few = (
        Lessons(sold, np.full(rows, 0.5), np.ones(rows), np.full(rows, 0.1)) for rows in (100_000, int(CAUTION))
    )
    right, cautious = (Blend.of(one, np.full(len(one.label), log_odds(np.array([0.2]))[0])) for one in (many, few))
    assert right.trust == pytest.approx(1.0, abs=0.01)
    assert cautious.trust == pytest.approx(0.5)
    assert right.rate(np.array([0.1]), log_odds(np.array([0.2])))[0] == pytest.approx(0.5, abs=0.01)
    assert 0.2 < cautious.rate(np.array([0.1]), log_odds(np.array([0.2])))[0] < 0.4


def test_what_is_expected_adds_up_to_what_came_back(sold, settings):
    returns = Returns.of(sold, settings)
    expected = (returns.rate(sold.rows) * sold.rows["sales_units"]).sum()
    assert expected == pytest.approx(sold.rows["returned_units"].sum(), rel=0.05)


def test_the_same_rows_in_another_order_give_the_same_booster(sold, settings):
    shuffled = replace(sold, rows=sold.rows.sample(fraction=1.0, shuffle=True, seed=5))
    one, other = Returns.of(sold, settings), Returns.of(shuffled, settings)
    assert one.document() == other.document()
    assert one.learnt.booster.text == other.learnt.booster.text


def test_a_predictor_keeps_it_among_its_files(sold, settings, tmp_path):
    predictor = fit(sold, settings, 0.1)
    digest = save(predictor, tmp_path / "p", sold.rows)
    loaded, kept = load_with_canary(tmp_path / "p", digest)
    repeat(loaded, kept)
    assert (tmp_path / "p" / "returns.lgb").read_text() == predictor.returns.learnt.booster.text
    assert set(loaded.learnt.forest.boosters) == set(predictor.learnt.forest.boosters)
    assert loaded.returns.document() == predictor.returns.document()
    assert load(tmp_path / "p", digest).forecast(sold.rows).equals(predictor.forecast(sold.rows))
    assert predictor.forecast(sold.rows)["return_rate"].n_unique() > 1


def test_a_handful_of_sessions_proves_nothing(sold, settings):
    _, later = split(sold, settings)
    one_session = replace(later, rows=later.rows.with_columns(session_id=pl.lit("s")))
    shares = Returns.usual(sold.rows, settings).shares
    many, one = Lessons.of(later, shares), Lessons.of(one_session, shares)
    assert surely_better(many, many.label, many.usual)
    assert not surely_better(one, one.label, one.usual)


def test_a_table_without_the_features_it_reads_is_refused(sold, settings):
    predictor = replace(fit(sold, settings, 0.1), learnt=None)
    assert "discount_share" in predictor.columns
    assert predictor.reads(sold.rows)
    assert not predictor.reads(sold.rows.drop("discount_share"))
