"""A backtest of a small simulated season by the true demand, once; what follows looks at what it left behind."""

import shutil
from datetime import timedelta

import polars as pl
import pytest

from features.contracts import TABLES
from flows.backtest import Past, backtest, read_truth
from flows.ingest import ingest
from flows.moments import Ahead
from flows.registry import Registry
from flows.site import Site
from models.truth import TruthError

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def site(prefect_api, mlflow_database, landing, tmp_path_factory):
    """A home that holds the season's tables and nothing else; learning there takes a second."""
    home = tmp_path_factory.mktemp("backtest")
    shutil.copy(mlflow_database, home / "mlflow.db")
    quick = home / "quick.yaml"
    quick.write_text("models: {rounds: 5, patience: 2, plain_rounds: 2, folds: 1, dense_rows: 1}")
    ingest(Site(home=home, config=(quick,)), landing)
    return Site(home=home, config=(quick,))


@pytest.fixture(scope="module")
def sold(landing):
    """Units of each listing that sold any."""
    orders = pl.concat([pl.read_parquet(path) for path in sorted((landing / "orders").glob("*.parquet"))])
    return orders.group_by("session_id", "product_id").agg(pl.col("units").sum())


@pytest.fixture(scope="module")
def tested(site, week, sold, tmp_path_factory):
    """Two origins, judged by a truth of three times the sales, as (what was told, rows, metrics, page)."""
    out = tmp_path_factory.mktemp("out")
    truth = out / "truth.parquet"
    sold.select("session_id", "product_id", demand=pl.col("units") * 3).write_parquet(truth)
    told = backtest(site, Ahead(as_of=week.as_of, horizon=WEEK), Past(origins=2, every=WEEK, truth=truth), out)
    rows, metrics = (pl.read_parquet(out / f"backtest{end}.parquet") for end in ("", "_metrics"))
    return told, rows, metrics, (out / "backtest.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_it_has_one_row_per_listing_origin_and_predictor(tested, week):
    told, rows, _, _ = tested
    assert rows.select("origin", "predictor", "session_id", "product_id").is_duplicated().sum() == 0
    assert rows["origin"].unique().sort().to_list() == [week.as_of - 2 * WEEK, week.as_of - WEEK]
    assert rows.filter("locked")["origin"].unique().to_list() == [week.as_of - WEEK]
    assert rows["predictor"].n_unique() == 12
    assert told.rows == rows.height


@pytest.mark.slow
def test_the_true_demand_judges(tested, sold):
    _, rows, _, _ = tested
    known = rows.join(sold, on=["session_id", "product_id"])
    assert known["demand_units"].to_list() == (3 * known["units"]).to_list()
    assert known["realised_units"].to_list() == known["demand_units"].to_list()
    assert (known["sold_units"] <= known["demand_units"]).all()


@pytest.mark.slow
def test_metrics_are_those_of_the_rows(tested):
    _, rows, metrics, _ = tested
    for predictor in ("challenger", "ets"):
        own = metrics.filter(predictor=predictor, scope="open", split="all").select("metric", "value")
        value, mine = dict(own.iter_rows()), rows.filter(~pl.col("locked"), predictor=predictor)
        assert value["profit_share"] == pytest.approx(mine["profit"].sum() / mine["oracle_profit"].sum())
        assert value["leftover_share"] == pytest.approx(1 - mine["sold_units"].sum() / mine["stocked_units"].sum())
        error = (mine["demand_p50"] - mine["demand_units"]).abs().sum()
        assert value["wape"] == pytest.approx(error / mine["demand_units"].sum(), rel=0.2)
        assert value["hit_share"] == pytest.approx(mine["hit"].mean())


@pytest.mark.slow
def test_the_page_shows_every_predictor_in_every_scope(tested):
    told, rows, metrics, page = tested
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles[:3] == ["## All folds but the locked one", "## The locked fold", "## All folds"]
    assert titles[-2:] == ["## Fold 1", "## Fold 2"]
    for name in rows["predictor"].unique():
        assert page.count(f"\n| {name} |") >= 9
        assert any(line.startswith(f"{name}: ") for line in told.sentences())
    ours = metrics.filter(predictor="challenger", scope="locked", split="all", metric="pinball_all").row(0, named=True)
    cell = f"{ours['value']:.3f} ({ours['low']:.3f} to {ours['high']:.3f})"
    assert cell in page.split("## The locked fold")[1].split("## All folds")[0]


@pytest.mark.slow
def test_the_records_hold_it_with_its_baselines_below(tested, site):
    told, _, metrics, _ = tested
    registry = Registry(site)
    kept = registry.client.get_run(told.run.split(" in ")[0])
    assert kept.data.tags["stage"] == "backtest"
    assert kept.data.params["backtest.origins"] == "2"
    ours = metrics.filter(predictor="challenger", split="all", metric="ap").select("scope", "value", "low").rows()
    value = {scope: (value, low) for scope, value, low in ours if scope != "fold"}
    assert (kept.data.metrics["ap"], kept.data.metrics["ap_low"]) == pytest.approx(value["open"])
    assert (kept.data.metrics["locked/ap"], kept.data.metrics["all/ap"]) == (value["locked"][0], value["all"][0])
    steps = [one.step for one in registry.client.get_metric_history(kept.info.run_id, "folds/ap")]
    assert sorted(steps) == [1, 2]
    files = {one.path for one in registry.client.list_artifacts(kept.info.run_id)}
    assert files == {"backtest.parquet", "backtest_metrics.parquet", "backtest.md"}
    assert {one.dataset.name for one in kept.inputs.dataset_inputs} == set(TABLES)
    below = registry.client.search_runs([kept.info.experiment_id], f"tags.mlflow.parentRunId = '{kept.info.run_id}'")
    assert len(below) == 11
    assert all({"pinball_all", "pinball_all_gain", "large/wape_all"} <= one.data.metrics.keys() for one in below)


@pytest.mark.parametrize("content", ["session_id,product_id,demand", ""])
def test_a_table_of_truth_that_is_none_is_refused(content, tmp_path):
    bad = tmp_path / "truth.parquet"
    bad.write_text(content)
    with pytest.raises(TruthError, match=r"truth\.parquet cannot be read"):
        read_truth(bad)
