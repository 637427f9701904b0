import os
import subprocess
import sys

import polars as pl
import pytest

from flows.cli import main
from flows.compare import compare
from flows.registry import NoRunError, Registry


@pytest.fixture
def registry(ran):
    return Registry(ran[0])


@pytest.fixture
def other(registry, tmp_path):
    """A run whose forecasts are those of version 1, with demand twice as high."""
    first = pl.read_parquet(registry.fetched(registry.run_of("1"), "predictions.parquet", tmp_path))
    units = [name for name in first.columns if name.startswith("demand_") and name != "demand_units"]
    run_id = registry.client.create_run(registry.experiment_id(7)).info.run_id
    first.with_columns(pl.col(units) * 2).write_parquet(tmp_path / "predictions.parquet")
    registry.client.log_artifact(run_id, str(tmp_path / "predictions.parquet"))
    return run_id


def test_a_run_beside_itself_is_equal(ran):
    told = compare(ran[0], "1", "1")
    assert {line.better.value for line in told.found.lines} == {0}
    assert all(sentence.endswith("equal") for sentence in told.sentences()[2:])


def test_the_worse_one_loses_in_demand_and_is_equal_in_hits(ran, other):
    told = compare(ran[0], other[:10], "1")
    lines = {line.metric: line for line in told.found.lines}
    assert lines["pinball_all"].winner == "second"
    assert lines["pinball_all"].first > lines["pinball_all"].second
    assert lines["ap_all"].better.value == 0
    (said,) = [sentence for sentence in told.sentences() if sentence.startswith("pinball_all")]
    assert "1 is better by" in said


def test_a_run_that_keeps_no_forecasts_is_refused(ran, registry):
    run_id = registry.client.create_run(registry.experiment_id(7)).info.run_id
    with pytest.raises(NoRunError, match=r"has no predictions\.parquet"):
        compare(ran[0], "1", run_id)


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_told_in_one_line_and_the_rest_is_in_the_log(home):
    command = [sys.executable, "-c", "from flows.cli import main; main()", "compare", "1", "2", "--home", str(home)]
    down = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    failed = subprocess.run(command, env={**os.environ, **down}, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1, failed.stderr
    assert "failed: MlflowException" in failed.stderr
    assert "Traceback" in (home / "baokuan.log").read_text()


@pytest.mark.parametrize("word", ["99", "nosuchrun"])
def test_at_the_terminal_what_is_not_there_is_refused_in_one_line(ran, capsys, word):
    with pytest.raises(SystemExit) as left:
        main(["compare", "1", word, "--home", str(ran[0].home)])
    assert left.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("baokuan: ")


def test_at_the_terminal_one_line_a_metric_is_printed(ran, other, capsys):
    with pytest.raises(SystemExit) as left:
        main(["compare", "1", other, "--home", str(ran[0].home)])
    told = capsys.readouterr()
    assert left.value.code == 0, told.err
    assert "forecast by both" in told.out
    (said,) = [line for line in told.out.splitlines() if line.startswith("wape_all")]
    assert "1 is better by" in said
