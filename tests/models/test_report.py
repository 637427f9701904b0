import numpy as np
import polars as pl
import pytest

from models.grid import LEVELS, QUANTILES
from models.metrics import scores
from models.report import COLUMNS, SPLITS, report, scores_of


@pytest.fixture(scope="module")
def judged() -> pl.DataFrame:
    """Three folds of eight sessions of ten listings; a rival whose demand is twice what ours says."""
    draw = np.random.default_rng(1)
    rows = 240
    size = draw.uniform(5, 50, rows)
    demand = np.floor(size * draw.lognormal(0, 0.4, rows))
    session = np.repeat(np.arange(24), 10)
    capped = draw.random(rows) < 0.2
    ours = pl.DataFrame(
        {
            "predictor": ["challenger"] * rows,
            "origin": session // 8,
            "fold": session // 8 + 1,
            "locked": session // 8 == 2,
            "cutoff": session // 8,
            "session_id": [f"s{number:02d}" for number in session],
            "product_id": [f"p{number:03d}" for number in range(rows)],
            "new_product": draw.random(rows) < 0.3,
            "capped": capped,
            "large_session": session % 2 == 0,
            "hit": demand > 40,
            "p_hit": size / 100,
            "known_hit_share": 0.1,
            "demand_units": demand,
            "demand_mean": size,
            "censored": capped,
            "available_share": np.where(capped, 0.6, 1.0),
            "realised_units": demand,
            "profit": np.minimum(demand, size) * 2 - size,
            "oracle_profit": demand,
            "sold_units": np.minimum(demand, size),
            "stocked_units": size,
        }
        | {name: size * 2 * level for name, level in zip(QUANTILES, LEVELS, strict=True)}
    )
    rival = ours.with_columns(
        pl.col(QUANTILES) * 2, predictor=pl.lit("rival"), p_hit=1 - pl.col("p_hit"), profit=pl.col("profit") - 5
    )
    return pl.concat([rival, ours.sample(fraction=1.0, shuffle=True, seed=1)])


@pytest.fixture(scope="module")
def told(judged, settings) -> pl.DataFrame:
    return report(judged, settings)


def _value(told, metric, column="value", predictor="challenger", **where):
    wanted = {"scope": "open", "split": "all", "predictor": predictor, "metric": metric} | where
    return told.filter(**wanted)[column].item()


def test_every_figure_is_that_of_its_own_rows(judged, told, settings):
    ours = judged.filter(predictor="challenger")
    parts = {
        ("open", "all"): ours.filter(pl.col("fold") < 3),
        ("locked", "new"): ours.filter(pl.col("fold") == 3, "new_product"),
        ("all", "known"): ours.filter(~pl.col("new_product")),
        ("open", "capped"): ours.filter(pl.col("fold") < 3, "capped"),
        ("all", "small"): ours.filter(~pl.col("large_session")),
    }
    for (scope, split), rows in parts.items():
        own = told.filter(predictor="challenger", scope=scope, split=split)
        assert dict(own.select("metric", "value").iter_rows()) == pytest.approx(scores(rows, settings.top)), scope
    second = told.filter(predictor="challenger", scope="fold", split="all", fold=2)
    rows = ours.filter(pl.col("fold") == 2)
    assert dict(second.select("metric", "value").iter_rows()) == pytest.approx(scores(rows, settings.top))


def test_every_scope_has_every_split(told):
    assert told.schema == COLUMNS
    found = told.select("scope", "fold", "split").unique()
    assert found.height == 6 * len(SPLITS)


def test_what_happens_in_the_locked_fold_changes_nothing_that_choices_are_made_by(judged, told, settings):
    worse = judged.with_columns(
        pl.when("locked").then(pl.col(name) * 9).otherwise(name).alias(name) for name in ("demand_units", "profit")
    )
    again = report(worse, settings)
    assert again.filter(scope="open").equals(told.filter(scope="open"))
    assert not again.filter(scope="locked").equals(told.filter(scope="locked"))


def test_intervals_hold_the_value_and_come_from_whole_sessions(told, judged, settings):
    drawn = told.filter(pl.col("low").is_not_null(), ~pl.col("metric").str.contains("coverage|below"))
    assert (drawn["low"] <= drawn["high"]).all()
    assert (
        drawn.filter(metric="wape_all")
        .select((pl.col("low") < pl.col("value")) & (pl.col("value") < pl.col("high")))["low"]
        .all()
    )
    one = judged.with_columns(session_id=pl.lit("s"))
    lone = report(one, settings)
    assert _value(lone, "wape_all", "low") == _value(lone, "wape_all", "high") == _value(lone, "wape_all")


def test_no_interval_is_drawn_in_the_splits_of_single_folds(told):
    apart = told.filter(pl.col("scope") != "open", pl.col("split") != "all")
    assert apart["low"].null_count() == apart.height
    assert _value(told, "ap", "low", split="new") is not None


def test_gains_are_ours_beside_the_rivals_on_the_same_draws(told):
    for metric, sign in {"pinball_all": -1, "wape_all": -1, "ap_all": 1, "profit_share": 1}.items():
        ours, theirs = (_value(told, metric, predictor=name) for name in ("challenger", "rival"))
        gain = _value(told, f"{metric}_gain", predictor="rival")
        assert gain == pytest.approx(sign * (ours - theirs))
        assert 0 < _value(told, f"{metric}_gain", "low", predictor="rival") <= gain
    assert not told.filter(pl.col("metric").str.ends_with("_gain"), predictor="challenger").height


def test_records_name_a_figure_by_its_scope_and_split(told):
    kept = scores_of(told).filter(predictor="challenger")
    value = dict(kept.filter(pl.col("fold").is_null()).select("metric", "value").iter_rows())
    assert value["ap"] == _value(told, "ap")
    assert value["ap_low"] == _value(told, "ap", "low")
    assert value["new/ap"] == _value(told, "ap", split="new")
    assert value["locked/ap"] == _value(told, "ap", scope="locked")
    assert value["all/capped/wape_all"] == _value(told, "wape_all", scope="all", split="capped")
    assert kept.filter(metric="ap")["fold"].to_list().count(None) == 1
    assert sorted(kept.filter(metric="ap")["fold"].drop_nulls()) == [1, 2, 3]


def test_nothing_judged_gives_an_empty_report(judged, settings):
    assert report(judged.clear(), settings).schema == COLUMNS
