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

BREAKS = """
import sys
from pathlib import Path
from flows.terminal import LastWords
sys.excepthook = LastWords(Path(sys.argv[1]))
1 / 0
"""


def refused(capsys, *arguments: object):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    told = capsys.readouterr()
    assert left.value.code == 2
    assert told.err.count("\n") == 1
    assert told.out == ""
    return told.err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["train", "--help"], ["tune", "--help"], ["compare", "--help"]]
)
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
        (["sens"], "No such command"),
        (["stock"], "--as-of"),
        (["train", "--depth", "3"], "--depth"),
        (["check", "--landing", "/nowhere/at/all"], "/nowhere/at/all"),
        (["backtest", "--origins", "0", "--every", "7d", "--horizon", "7d", "--out", "out"], "--origins"),
        (["ablate", "--out", "out", "--rows", "10"], "--rows"),
        (["ablate", "--out", "out", "--repeats", "0"], "--repeats"),
        (["ablate"], "--out"),
        (["tune"], "--out"),
        (["tune", "--out", "out", "--trials", "0"], "--trials"),
        (["tune", "--out", "out", "--budget", "soon"], "--budget"),
        (["compare", "1"], "RUN"),
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


def test_results_cannot_go_into_a_file(capsys, tmp_path):
    (tmp_path / "out").write_text("")
    when = ("--as-of", "2024-06-19T00:00Z", "--horizon", "7d")
    assert "--out" in refused(capsys, "run", "--landing", tmp_path, *when, "--out", tmp_path / "out")


def test_an_adapter_that_is_not_there_is_refused_in_one_line(capsys, tmp_path):
    told = refused(capsys, "adapt", "--source", tmp_path / "none", "--raw", tmp_path, "--landing", tmp_path / "landing")
    assert "none" in told


def done(capsys, *arguments: object):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    told = capsys.readouterr()
    assert left.value.code == 0, told.err
    return told


def test_a_list_is_written_and_its_place_is_told(ran, week, capsys, tmp_path):
    site, _, _ = ran
    when = ("--as-of", week.as_of.isoformat(), "--horizon", "7d")
    told = done(capsys, "stock", *when, "--home", site.home, "--out", tmp_path / "out")
    assert f"stocking list: {tmp_path / 'out' / 'stocking_list.parquet'}" in told.out.splitlines()
    assert "forecast listings" in told.err
    assert "forecast listings" in (site.home / "baokuan.log").read_text()


def test_a_cutoff_that_no_predictor_serves_is_refused_in_one_line(ran, capsys, tmp_path):
    site, _, _ = ran
    with pytest.raises(SystemExit) as left:
        main(
            [
                "stock",
                "--as-of",
                "2020-01-01T00:00Z",
                "--horizon",
                "7d",
                "--home",
                str(site.home),
                "--out",
                str(tmp_path),
            ]
        )
    last = capsys.readouterr().err.splitlines()[-1]
    assert left.value.code == 2
    assert "no predictor" in last
    assert "baokuan train --as-of 2020-01-01T00:00:00+00:00" in last


def test_a_landing_zone_without_the_required_tables_is_refused(prefect_api, capsys, tmp_path):
    (tmp_path / "landing" / "orders").mkdir(parents=True)
    with pytest.raises(SystemExit) as left:
        main(["ingest", "--landing", str(tmp_path / "landing"), "--home", str(tmp_path / "home")])
    assert left.value.code == 2
    assert "sessions" in capsys.readouterr().err.splitlines()[-1]


def test_a_clean_landing_zone_passes_the_check_and_a_broken_one_does_not(landing, capsys, tmp_path):
    assert "keeps the contract" in done(capsys, "check", "--landing", landing).out
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "bad.csv").write_text("order_id,units\na,-1\n")
    with pytest.raises(SystemExit) as left:
        main(["check", "--landing", str(tmp_path)])
    assert left.value.code == 2
    assert "breaks the contract" in capsys.readouterr().out


def test_an_unexpected_failure_leaves_its_whole_story_in_the_log(tmp_path):
    log = tmp_path / "baokuan.log"
    failed = subprocess.run([sys.executable, "-c", BREAKS, str(log)], capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert "ZeroDivisionError" in failed.stderr
    assert "Traceback" in log.read_text()
