"""A real server and real workers: what is deployed runs, and its schedules fire."""

import shutil
from datetime import timedelta

import polars as pl
import pytest
from deployed import ROOT, Server, until
from small_world import filled

from flows.lake import Lake

ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
MINUTE = timedelta(minutes=1)
BY_HAND = {"ingest/by-hand", "stock/by-hand"}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("deployed") / "out"


@pytest.fixture(scope="module")
def server(ran, prefect_api, landing, out):
    site, _, _ = ran
    where = {
        "BAOKUAN_ROOT": str(ROOT),
        "BAOKUAN_HOME": str(site.home),
        "BAOKUAN_LANDING": str(landing),
        "BAOKUAN_OUT": str(out),
    }
    with Server(out.parent, where, prefect_api).serving() as serving:
        for pool in ("baokuan", "baokuan-live"):
            serving.prefect("work-pool", "create", pool, "--type", "process")
        serving.prefect("deploy", "--all")
        yield serving


@pytest.fixture(scope="module")
def deployments(server):
    flows = {one["id"]: one["name"] for one in server.ask("flows/filter", {})}
    return {f"{flows[one['flow_id']]}/{one['name']}": one for one in server.ask("deployments/filter", {})}


def test_what_is_deployed_is_scheduled_runs_on_a_worker_and_writes_its_list(server, deployments, ran, week, out):
    assert {name: one["entrypoint"] for name, one in deployments.items()} == {
        "ingest/incoming": "flows.ingest:ingest",
        "ingest/by-hand": "flows.ingest:ingest",
        "train/nightly": "flows.train:train",
        "stock/morning": "flows.stock:stock",
        "stock/by-hand": "flows.stock:stock",
        "restock/before-sessions": "flows.restock:restock",
        "feedback/daily": "flows.feedback:feedback",
        "monitor/daily-look": "flows.monitor:monitor",
        "backtest/monthly": "flows.backtest:backtest",
        "maintain/weekly": "flows.maintain:maintain",
        "retain/nightly": "flows.retention:retain_as_scheduled",
        "watch/watch": "flows.watch:watch",
    }
    ahead = {"ahead": {"as_of": week.as_of.isoformat(), "horizon": "7d"}}
    started = begun(server, deployments["stock/morning"], ahead)
    with server.working():
        run = until(lambda: ended(server, started), "the run's end")
    assert run["state"]["type"] == "COMPLETED", (server.folder / "baokuan.log").read_text()
    written = pl.read_parquet(out / "stocking_list.parquet")
    assert written.equals(pl.read_parquet(ran[1] / "stocking_list.parquet"))
    timed = {one["id"] for name, one in deployments.items() if name not in {"watch/watch", *BY_HAND}}
    until(lambda: scheduled(server) >= timed, "a scheduled run each", 90)
    (summary,) = server.ask("artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [started]}}})
    assert "Stocking list" in summary["data"]


def test_a_watch_blocks_no_other_deployment_and_nothing_of_prefect_ends_it(deployments):
    pools = {name: one["work_pool_name"] for name, one in deployments.items()}
    assert {name for name, pool in pools.items() if pool == "baokuan-live"} == {"watch/watch"}
    assert deployments["watch/watch"]["schedules"] == []
    # with a limit it would die with a lease when the server starts anew
    assert deployments["watch/watch"]["concurrency_limit"] is None
    assert deployments["watch/watch"]["global_concurrency_limit"] is None


@pytest.fixture(scope="module")
def evening(ran, week, tmp_path_factory):
    """A copy of the home, and a feed: an order of each listing of the first session to come, and one of the cutoff."""
    site, _, _ = ran
    home = shutil.copytree(site.home, tmp_path_factory.mktemp("evening") / "home")
    plans = Lake(home.resolve()).tables(["sessions", "lineups"])
    ahead = plans["sessions"].filter(pl.col("scheduled_at") >= week.as_of).sort("scheduled_at", "session_id")
    session, begins = ahead.select("session_id", "scheduled_at").row(0)
    listings = plans["lineups"].filter(session_id=session)["product_id"].unique().sort().to_list()
    bought = {"session_id": session, "units": 1, "unit_price": 9.0}
    orders = [
        bought | {"order_id": f"live{n}", "product_id": one, "ts": begins + minute * MINUTE}
        for n, (one, minute) in enumerate([*((one, 1) for one in listings), (listings[0], 3)])
    ]
    feed = home.parent / "feed"
    (feed / "orders").mkdir(parents=True)
    filled("orders", orders).write_parquet(feed / "orders" / "0001.parquet")
    asked = {"site": {"home": str(home)}, "landing": str(feed), "clock": "data", "since": begins.isoformat()}
    return asked, session, listings


@pytest.mark.slow
def test_a_deployed_watch_of_a_replay_ends_with_it_and_its_worker_with_the_watch(server, deployments, evening, out):
    asked, session, listings = evening
    started = begun(server, deployments["watch/watch"], asked)
    with server.working("baokuan-live", "--run-once") as worker:
        until(lambda: worker.poll() is not None, "the worker's end")
    run = server.ask(f"flow_runs/{started}")
    assert run["state"]["type"] == "COMPLETED", (server.folder / "baokuan-live.log").read_text()
    now = pl.read_parquet(out / "live" / "nowcast.parquet").filter(session_id=session)
    assert dict(now.select("product_id", "sold_units").iter_rows()) == dict.fromkeys(listings, 1)
    told = server.ask("artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [started]}}})
    assert "A watch" in "".join(one["data"] for one in told)


def begun(server, deployment, parameters):
    return server.ask(f"deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})["id"]


def ended(server, run_id):
    run = server.ask(f"flow_runs/{run_id}")
    return run if run["state"]["type"] in ENDED else None


def scheduled(server):
    """Deployments for which the scheduler has made a run."""
    waiting = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    return {run["deployment_id"] for run in server.ask("flow_runs/filter", waiting) if run["auto_scheduled"]}
