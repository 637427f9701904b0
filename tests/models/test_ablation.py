from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models.ablation import ALL, LEFT_OUT, ON_BASE, PLAIN, Plan, Split, TooLittleTimeError, forecasts, thinned
from models.contributions import ALONE, SILENT, scores_of, table
from models.dataset import LISTING, ROW, TRUTH, Dataset
from models.grid import FORECAST
from models.paired import ADDS, DRAWS, Draws

GROUPS = {
    "price": ("price",),
    "luck": ("luck",),
    "signal": ("units_last", "category"),
    "silence": ("nothing", "same"),
}


@pytest.fixture(scope="module")
def told(dataset) -> Dataset:
    """The listings with dice, and with a group that says nothing: null, or always the same."""
    luck = pl.Series(np.random.default_rng(5).normal(size=dataset.rows.height), dtype=pl.Float32)
    rows = dataset.rows.with_columns(luck=luck, nothing=pl.lit(None, pl.Float32), same=pl.lit(1.0, pl.Float32))
    return Dataset(rows, dataset.as_of, dataset.horizon)


@pytest.fixture(scope="module")
def split(told, settings) -> Split:
    return Split.of(told, settings)


@pytest.fixture(scope="module")
def plan(split) -> Plan:
    return Plan.of(GROUPS, split.earlier.rows)


def priced(rows: pl.DataFrame) -> pl.DataFrame:
    """Money as a shop would see it that stocks the median, earns 2 on what is sold and loses 1 on what is left."""
    demand, stocked = pl.col("demand_units"), pl.col("demand_p50")
    return rows.with_columns(profit=3 * pl.min_horizontal(demand, stocked) - stocked, oracle_profit=2 * demand)


def tried(plan, split, settings, repeats=2):
    draws = Draws.of(split.later.rows["session_id"], repeats, settings.seed)
    truth = split.later.rows.select(*ROW, *TRUTH)
    return {
        name: draws.scores([priced(truth.hstack(one.drop(ROW))) for one in each])
        for name, each in forecasts(plan, split, settings, repeats)
    }


@pytest.fixture(scope="module")
def scores(plan, split, settings):
    return tried(plan, split, settings)


@pytest.fixture(scope="module")
def compared(plan, scores):
    return table(plan, scores)


def test_the_rows_that_judge_come_after_all_that_teach_and_tune(split):
    earlier, middle, later = split.earlier.rows, split.middle.rows, split.later.rows
    assert earlier["over_known"].max() < middle["cutoff"].min()
    assert middle["over_known"].max() < later["cutoff"].min()
    assert later["scheduled_at"].max() > later["cutoff"].min()


def test_all_listings_of_a_session_lie_in_one_stretch(split):
    stretches = [set(part.rows["session_id"]) for part in (split.earlier, split.middle, split.later)]
    assert sum(len(some) for some in stretches) == len(set.union(*stretches))


def test_a_group_that_carries_the_signal_is_seen_to_add_to_all_others_and_to_the_base(compared):
    signal = compared.filter(group="signal")
    assert signal.height == 2 * 3
    assert signal["verdict"].unique().to_list() == [ADDS]
    assert (signal["low"] <= signal["better_by"]).all()
    assert (signal["better_by"] <= signal["high"]).all()


@pytest.mark.parametrize("group", ["price", "luck"])
def test_a_group_of_noise_is_not_said_to_add(compared, group):
    rows = compared.filter(group=group)
    assert rows.height
    assert ADDS not in set(rows["verdict"])


def test_a_group_in_the_base_is_compared_with_all_others_only(compared):
    assert set(compared.filter(group="price")["to"]) == {LEFT_OUT}
    assert set(compared.filter(group="luck")["to"]) == {LEFT_OUT, ON_BASE}


def test_a_constant_group_is_named_and_nothing_is_learnt_for_it(compared, scores):
    silence = compared.filter(group="silence")
    assert silence["verdict"].unique().to_list() == [SILENT]
    assert silence["better_by"].null_count() == silence.height
    assert list(scores) == [
        ALL, "without price", "without luck", "without signal", PLAIN, "base with luck", "base with signal",
    ]  # fmt: skip


def test_the_same_rows_give_the_same_numbers(plan, split, settings, compared):
    assert table(plan, tried(plan, split, settings)).equals(compared)


def test_what_happened_later_changes_no_forecast(plan, split, settings):
    louder = split.later.rows.with_columns(pl.lit(999.0).alias("demand_units"), hit=pl.lit(value=True))
    other = Split(split.earlier, split.middle, split.window, Dataset(louder, split.later.as_of, split.later.horizon))
    (_, (before, *_)), (_, (after, *_)) = (next(forecasts(plan, one, settings, 1)) for one in (split, other))
    assert after.select(FORECAST).equals(before.select(FORECAST))


def test_a_variant_is_learnt_anew_with_another_seed(plan, split, settings):
    _, (first, second) = next(forecasts(plan, split, settings, 2))
    assert not np.allclose(first["demand_p50"].to_numpy(), second["demand_p50"].to_numpy())


def test_a_single_group_has_nothing_to_be_compared_with(split):
    plan = Plan.of({"signal": ("units_last",)}, split.earlier.rows)
    assert plan.variants() == {ALL: ["units_last"]}
    assert set(table(plan, {})["verdict"]) == {ALONE}


def test_the_records_hold_metrics_and_differences_under_each_variant(compared, scores):
    kept = scores_of(compared, scores)
    lacking = dict(kept.filter(predictor="without signal").select("metric", "value").iter_rows())
    everything = dict(kept.filter(predictor=ALL).select("metric", "value").iter_rows())
    assert set(everything) == {"ap", "pinball", "profit_share"}
    assert lacking["pinball_added"] == pytest.approx(lacking["pinball"] - everything["pinball"])
    assert lacking["ap_added"] == pytest.approx(everything["ap"] - lacking["ap"])
    assert lacking["ap_added_low"] < lacking["ap_added"] < lacking["ap_added_high"]


def test_thinning_keeps_whole_listings_of_all_weeks(told):
    twice = Dataset(pl.concat([told.rows, told.rows]), told.as_of, told.horizon)
    few = thinned(twice, 1_001, seed=3)
    assert few.rows.height == 1_000
    assert few.rows.group_by(LISTING).len()["len"].unique().to_list() == [2]
    assert few.rows["cutoff"].n_unique() == told.rows["cutoff"].n_unique()
    assert thinned(twice, 1_001, seed=3).rows.equals(few.rows)
    assert thinned(told, 10_000, seed=3).rows.equals(told.rows)


@pytest.mark.parametrize(("listings", "weeks"), [(0, 20), (60, 20), (2_000, 2)])
def test_too_little_time_or_too_few_listings_are_refused(make_dataset, settings, listings, weeks):
    with pytest.raises(TooLittleTimeError, match="longer past"):
        Split.of(make_dataset(listings, weeks=weeks), settings)


def test_sessions_that_ended_too_late_to_tune_leave_no_room(told, settings):
    late = told.rows.with_columns(
        over_known=pl.when(pl.col("cutoff") >= Split.of(told, settings).window.begin)
        .then(pl.col("over_known") + timedelta(days=99))
        .otherwise("over_known")
    )
    with pytest.raises(TooLittleTimeError):
        Split.of(Dataset(late, told.as_of, told.horizon), settings)


def test_there_are_as_many_draws_as_said(scores):
    assert {len(drawn) for own in scores.values() for drawn in own.values()} == {1 + DRAWS}
