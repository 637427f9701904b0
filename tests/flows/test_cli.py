import subprocess
import sys

import pytest

from flows.cli import main

HELP = """
import sys
from flows.cli import main
try:
    main(sys.argv[1:])
except SystemExit as done:
    heavy = {"mlflow", "prefect", "lightgbm", "polars", "matplotlib", "rich"} & set(sys.modules)
    print("heavy:", sorted(heavy), done.code)
"""


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def refused(capsys, *arguments: object):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    told = capsys.readouterr()
    assert left.value.code == 2
    assert told.err.count("\n") == 1
    assert told.out == ""
    return told.err


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["train", "--help"]])
def test_help_imports_nothing_that_takes_time(arguments):
    answer = subprocess.run([sys.executable, "-c", HELP, *arguments], capture_output=True, text=True, check=True)
    assert answer.stdout.endswith("heavy: [] 0\n")
    assert "Usage: " in answer.stdout


@pytest.mark.parametrize("as_of", ["2024-06-19", "2024-06-19T00:00:00", "today"])
def test_a_cutoff_without_offset_is_refused_in_one_line(capsys, tmp_path, as_of):
    told = refused(capsys, "stock", "--as-of", as_of, "--horizon", "7d", "--out", tmp_path, "--home", tmp_path / "home")
    assert "--as-of" in told
    assert not (tmp_path / "home").exists()


def test_a_horizon_that_is_no_span_is_refused_in_one_line(capsys, tmp_path):
    told = refused(capsys, "stock", "--as-of", "2024-06-19T00:00Z", "--horizon", "soon", "--out", tmp_path)
    assert "7d" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing command"),
        (["sense"], "No such command"),
        (["stock"], "--as-of"),
        (["train", "--depth", "3"], "--depth"),
        (["check", "--landing", "/nowhere/at/all"], "/nowhere/at/all"),
        (["backtest", "--origins", "0", "--every", "7d", "--horizon", "7d", "--out", "out"], "--origins"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(capsys, arguments, said):
    assert said in refused(capsys, *arguments)


def test_a_bad_configuration_is_refused_before_anything_is_made(capsys, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("labels: {hit_shares: 0.2}")
    told = refused(capsys, "train", "--config", bad, "--home", tmp_path / "home")
    assert "bad.yaml: labels.hit_shares" in told
    assert not (tmp_path / "home").exists()


def test_a_home_that_is_a_file_is_refused_in_one_line(capsys, tmp_path):
    (tmp_path / "home").write_text("")
    assert "home" in refused(capsys, "train", "--home", tmp_path / "home")


def test_results_cannot_go_into_a_file(capsys, tmp_path, landing):
    (tmp_path / "out").write_text("")
    when = ("--as-of", "2024-06-19T00:00Z", "--horizon", "7d")
    assert "--out" in refused(capsys, "run", "--landing", landing, *when, "--out", tmp_path / "out")


def test_an_adapter_that_is_not_there_is_refused_in_one_line(capsys, tmp_path):
    told = refused(capsys, "adapt", "--source", tmp_path / "none", "--raw", tmp_path, "--landing", tmp_path / "landing")
    assert "none" in told
