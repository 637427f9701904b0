"""A real server and a real worker: what is deployed runs, and its schedules fire."""

import os

import polars as pl
import pytest
from deployed import ROOT, Server, until

ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@pytest.fixture
def server(ran, prefect_api, landing, tmp_path):
    site, _, _ = ran
    where = {
        "BAOKUAN_ROOT": str(ROOT),
        "BAOKUAN_HOME": str(site.home),
        "BAOKUAN_LANDING": str(landing),
        "BAOKUAN_OUT": str(tmp_path / "deployed"),
    }
    with Server(tmp_path, {**os.environ, **where}, prefect_api).serving() as serving:
        yield serving


def test_what_is_deployed_is_scheduled_runs_on_a_worker_and_writes_its_list(server, ran, week, tmp_path):
    server.prefect("work-pool", "create", "baokuan", "--type", "process")
    server.prefect("deploy", "--all")
    deployments = {one["name"]: one for one in server.ask("deployments/filter", {})}
    assert {name: one["entrypoint"] for name, one in deployments.items()} == {
        "nightly": "flows.ingest:ingest",
        "weekly": "flows.train:train",
        "morning": "flows.stock:stock",
        "monthly": "flows.backtest:backtest",
    }
    ahead = {"ahead": {"as_of": week.as_of.isoformat(), "horizon": "7d"}}
    started = server.ask(f"deployments/{deployments['morning']['id']}/create_flow_run", {"parameters": ahead})
    with server.working():
        run = until(lambda: ended(server, started["id"]), "the run's end")
    assert run["state"]["type"] == "COMPLETED", (server.folder / "worker.log").read_text()
    written = pl.read_parquet(tmp_path / "deployed" / "stocking_list.parquet")
    assert written.equals(pl.read_parquet(ran[1] / "stocking_list.parquet"))
    until(lambda: scheduled(server) >= {one["id"] for one in deployments.values()}, "a scheduled run each", 90)
    (summary,) = server.ask("artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [started["id"]]}}})
    assert "Stocking list" in summary["data"]


def ended(server, run_id):
    run = server.ask(f"flow_runs/{run_id}")
    return run if run["state"]["type"] in ENDED else None


def scheduled(server):
    """Deployments for which the scheduler has made a run."""
    waiting = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    return {run["deployment_id"] for run in server.ask("flow_runs/filter", waiting) if run["auto_scheduled"]}
