"""Lists of a small shop, its answers and what happened: looked at day by day, late, twice, and through the command."""

import shutil
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_landing import write
from small_world import day, filled, listing, order, product, session

from flows.aftermath import compared, keep, kept_before
from flows.cli import main
from flows.data import read_data
from flows.ingest import take_in
from flows.kept_lists import keep_list
from flows.lake import Lake
from flows.registry import Registry
from flows.site import Site
from stocking.decisions import KEPT as DECISIONS
from stocking.stocking_list import LISTS

HOUR = timedelta(hours=1)
FIRST, DAYS = 12, 14
"""The first session with a list, and how many days the shop is open."""

LINE = {
    "rank": 1, "supplier_id": None, "title": "Tea", "price": 10.0, "p_hit": 0.3, "demand_mean": 10.0,
    "demand_p10": 2.0, "demand_p25": 5.0, "demand_p50": 9.0, "demand_p75": 14.0, "demand_p90": 20.0, "demand_p95": 25.0,
    "return_rate": 0.1, "available_units": 2, "recommended_units": 8, "reserve_units": 0, "order_by": None,
    "expected_profit": 1.0, "fill_rate": 0.9, "leftover_units": 1.0, "reasons": [], "notes": [],
    "model_version": "demand-predictor-default 1", "data_version": "d1", "net_demand_mean": 9.0, "net_demand_p10": 2.0,
    "net_demand_p50": 8.0, "net_demand_p90": 18.0,
}  # fmt: skip


def world():
    """P of merchant M and Q of N, at noon of each day: P sells 20 a day, five come back a week later; Q sells two."""
    shown = [(number, name) for number in range(DAYS) for name in ("P", "Q")]
    rows = {
        "sessions": [session(f"S{number}", number) for number in range(DAYS)],
        "lineups": [listing(f"S{number}", name, number) for number, name in shown],
        "products": [
            product("P", unit_cost=4.0, salvage_value=1.0),
            product("Q", merchant_id="N", category="food/coffee", title="Secret coffee", unit_cost=4.0),
        ],
        "orders": [
            order(f"S{n}", name, day(n) + HOUR, 20 if name == "P" else 2, order_id=f"O{n}{name}") for n, name in shown
        ],
        "returns": [
            {"return_id": f"B{n}", "order_id": f"O{n}P", "units": 5, "ts": day(n + 7)} for n in range(DAYS)
        ],
        "stock": [{"product_id": "P", "as_of": day(0), "on_hand_units": 31, "inbound_units": 0}],
    }  # fmt: skip
    return {name: filled(name, some) for name, some in rows.items()}


def lines(cutoff, *wanted):
    """A list as (session, product, what differs)."""
    told = [
        LINE
        | {"rank": rank, "session_id": f"S{number}", "product_id": name, "cutoff": cutoff, "scheduled_at": day(number)}
        | {"merchant_id": "M" if name == "P" else "N", "category": "food/tea" if name == "P" else "food/coffee"}
        | {"title": "Tea" if name == "P" else "Secret coffee"}
        | more
        for rank, (number, name, more) in enumerate(wanted, start=1)
    ]
    schema = {name: kind for name, kind in LISTS.items() if name != "list_sha256"}
    return pl.DataFrame([{name: row[name] for name in schema} for row in told], schema=schema)


def answer(number, name, units, at):
    told = {
        "session_id": f"S{number}", "product_id": name, "recommended_units": 8, "approved_units": units,
        "decided_at": at, "list_sha256": "a" * 64,
    }  # fmt: skip
    return {column: told.get(column) for column in DECISIONS}


@pytest.fixture(scope="module")
def shop(tmp_path_factory, mlflow_database):
    """A home with the shop's tables, a list on day 11, one after the session of day 12, and the answers between."""
    place = tmp_path_factory.mktemp("shop")
    for name, rows in world().items():
        write(place / "landing", name, rows)
    (place / "home").mkdir()
    shutil.copy(mlflow_database, place / "home" / "mlflow.db")
    site = Site(home=place / "home")
    take_in(site, place / "landing")
    on_list = [(FIRST, "P", {}), (FIRST, "Q", {}), (FIRST + 1, "P", {}), (FIRST + 1, "Q", {})]
    keep_list(site, lines(day(FIRST - 1), *on_list), "a" * 64)
    late = [(FIRST, "P", {"recommended_units": 99}), (FIRST + 1, "P", {"recommended_units": 18, "demand_p50": 19.0})]
    keep_list(site, lines(day(FIRST + 0.5), *late), "b" * 64)
    append = Lake(site.made()).append("decisions", "answers")
    told = [answer(FIRST, "Q", 0, day(FIRST - 0.5)), answer(FIRST + 1, "P", 18, day(FIRST - 0.5))]
    append.add(pl.DataFrame(told, schema=DECISIONS))
    append.commit(["answers"], {})
    return site


@pytest.fixture
def site(shop, tmp_path):
    """The same, for one test to change."""
    shutil.copytree(shop.home, tmp_path / "home")
    return Site(home=tmp_path / "home")


@pytest.fixture(scope="module")
def data(shop):
    return read_data(shop)


def looked(site, data, as_of):
    rows = compared(site, data, as_of)
    keep(site, rows)
    return rows


def one(rows, number, name, stage="fresh"):
    return rows.row(by_predicate=pl.col("session_id").eq(f"S{number}") & pl.col("product_id").eq(name)
                    & pl.col("stage").eq(stage), named=True)  # fmt: skip


def test_a_list_is_compared_once_its_session_is_over(site, data):
    assert looked(site, data, day(FIRST) + HOUR).is_empty()
    rows = looked(site, data, day(FIRST) + 3 * HOUR)
    assert rows.select("session_id", "product_id", "stage").rows() == [("S12", "P", "fresh"), ("S12", "Q", "fresh")]
    told = one(rows, FIRST, "P")
    assert (told["list_sha256"], told["recommended_units"], told["had_units"]) == ("a" * 64, 8, 10)
    assert (told["sales_units"], told["demand_units"], told["on_hand_units"]) == (20, 20.0, 31)
    assert (told["met_units"], told["left_units"]) == (10.0, 0.0)
    assert told["profit"] == pytest.approx(10 * (0.9 * 10 + 0.1 * 1 - 4))  # the tenth that comes back is salvaged
    assert told["oracle_profit"] == pytest.approx(20 * (0.9 * 10 + 0.1 * 1 - 4))
    assert (told["anchor_id"], told["category"], told["is_new_product"]) == ("A", "food/tea", False)
    assert told["pinball3"] == pytest.approx((0.1 * 18 + 0.5 * 11 + 0.9 * 0) / 3)
    assert told["last_session_mean"] == 20.0


def test_a_second_look_with_nothing_new_adds_nothing(site, data):
    first = looked(site, data, day(FIRST + 1))
    assert keep(site, first) == 0
    assert looked(site, data, day(FIRST + 1)).is_empty()
    assert_frame_equal(kept_before(site, day(99)), first)


def test_returns_that_come_late_are_told_in_a_second_row_and_take_profit_away(site, data):
    looked(site, data, day(FIRST + 1))
    rows = looked(site, data, day(FIRST + 16))
    then, now = kept_before(site, day(99)).filter(session_id="S12", product_id="P").iter_rows(named=True)
    assert (then["stage"], now["stage"]) == ("fresh", "mature")
    assert (then["returned_units"], now["returned_units"]) == (0, 5)
    assert now["profit"] == pytest.approx(10 * (0.75 * 10 + 0.25 * 1 - 4))
    assert now["judged_at"] == day(FIRST + 14) + 4 * HOUR  # the midnight of Shanghai
    assert one(rows, FIRST + 1, "P", "mature")["returned_units"] == 5


@pytest.mark.slow
def test_days_on_which_nobody_looked_are_made_up_for(shop, data, tmp_path):
    often, once = (Site(home=tmp_path / name) for name in ("often", "once"))
    for place in (often, once):
        shutil.copytree(shop.home, place.home)
    for number in range(FIRST, FIRST + 20):
        looked(often, data, day(number) + 5 * HOUR)
    looked(once, data, day(FIRST + 19) + 5 * HOUR)
    told = kept_before(once, day(99))
    assert told.height == 8
    assert_frame_equal(kept_before(often, day(99)), told)


def test_an_answer_is_told_right_or_wrong_by_what_it_brought(site, data):
    rows = looked(site, data, day(FIRST + 2))
    raised, declined = one(rows, FIRST + 1, "P"), one(rows, FIRST, "Q")
    assert (raised["recommended_units"], raised["approved_units"], raised["had_units"]) == (8, 18, 20)
    assert raised["list_sha256"] == "b" * 64  # the later list's forecast, the earlier one's recommendation
    assert raised["profit"] - raised["recommended_profit"] == pytest.approx(10 * 5.1)
    assert declined["profit"] > declined["recommended_profit"]  # two wanted, two there: eight would have been left


def test_a_killed_run_leaves_rows_that_the_next_one_takes_in_once(site, data):
    rows = compared(site, data, day(FIRST + 1))
    Lake(site.made()).append("feedback", "killed").add(rows)  # and no commit
    assert kept_before(site, day(99)).is_empty()
    assert keep(site, rows) == rows.height
    assert kept_before(site, day(99)).height == rows.height


def left(*arguments):
    with pytest.raises(SystemExit) as gone:
        main([str(one) for one in arguments])
    return gone.value.code


def files(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def told(shop, prefect_api, tmp_path_factory):
    """The command, run twice for one moment, as (site, files, files of the second run)."""
    place = tmp_path_factory.mktemp("told")
    shutil.copytree(shop.home, place / "home")
    asked = ("feedback", "--as-of", day(FIRST + 16).isoformat(), "--out", place / "out", "--home", place / "home")
    assert left(*asked) == 0
    first = files(place / "out")
    assert left(*asked) == 0
    return Site(home=place / "home"), first, files(place / "out")


def test_the_command_writes_the_table_and_a_page_for_each_reader(told):
    _, first, _ = told
    pages = [name for name in first if name.startswith("feedback-merchants/")]
    assert set(first) - set(pages) == {
        "feedback.csv", "feedback.html", "feedback.parquet", "feedback_pages.csv", "feedback_segments.parquet",
    }  # fmt: skip
    assert len(pages) == 2
    assert b"Secret coffee" in first["feedback.html"]
    assert sum(b"Secret coffee" in first[name] for name in pages) == 1
    [own] = [first[name] for name in pages if b"Secret coffee" not in first[name]]
    assert b"Tea" in own


def test_a_second_run_changes_no_byte_and_no_row_and_records_nothing(told):
    site, first, second = told
    assert second == first
    assert Lake(site.home).rows("feedback") == 8
    registry = Registry(site)
    [run] = registry.client.search_runs([registry.experiment_id("feedback")], "tags.stage = 'feedback'")
    assert registry.client.get_experiment(run.info.experiment_id).name == "baokuan/default/feedback"


def test_the_records_hold_figures_under_the_usual_names_and_the_simple_forecasts_below(told):
    site, first, _ = told
    registry = Registry(site)
    experiment = registry.experiment_id("feedback")
    [run] = registry.client.search_runs([experiment], "tags.stage = 'feedback'")
    rows = pl.read_parquet(first["feedback.parquet"]).filter(stage="mature")
    metrics = run.data.metrics
    assert metrics["profit_share"] == pytest.approx(rows["profit"].sum() / rows["oracle_profit"].sum())
    assert metrics["fill_rate"] == pytest.approx(rows["met_units"].sum() / rows["demand_units"].sum())
    assert metrics["leftover_share"] == pytest.approx(rows["left_units"].sum() / rows["had_units"].sum())
    assert metrics["pinball3_all"] == pytest.approx(rows["pinball3"].mean())
    assert (metrics["changes"], metrics["changes_right"], metrics["known/listings"]) == (2, 2, 4)
    below = registry.client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    named = {one.data.tags["predictor"]: one.data.metrics["pinball3_all"] for one in below}
    assert named["last_session"] == pytest.approx(rows["last_session_pinball3"].mean())
    assert len(named) == 6
    kept = {one.path for one in registry.client.list_artifacts(run.info.run_id)}
    assert kept == {"feedback.html", "feedback.parquet", "feedback.csv", "feedback_segments.parquet"}


def test_segments_tell_merchants_anchors_and_kinds_apart(told):
    scores = pl.read_parquet(told[1]["feedback_segments.parquet"])
    counted = scores.filter(metric="listings").select("segment", "name", "value").rows()
    assert ("merchant", "M", 2.0) in counted
    assert ("anchor", "A", 4.0) in counted
    assert ("kind", "known", 4.0) in counted
    assert ("department", "food", 4.0) in counted


def test_a_home_without_lists_has_an_empty_page(prefect_api, home, tmp_path):
    assert left("feedback", "--as-of", "2025-04-01T00:00:00Z", "--out", tmp_path / "out", "--home", home) == 0
    assert b"No session of a list is over yet" in (tmp_path / "out" / "feedback.html").read_bytes()


def test_a_home_that_is_not_there_is_refused(tmp_path, capsys):
    assert left("feedback", "--out", tmp_path / "out", "--home", tmp_path / "mistyped") == 2
    assert "there is no home" in capsys.readouterr().err
