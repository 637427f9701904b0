"""The main job on real input keeps its promises; minutes each, so `make test-slow` runs them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not there"),
]


def printed(job: str, work: Path) -> str:
    command = [sys.executable, "benchmarks/main_job.py", job, "--data", str(DATA), "--work", str(work)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def scores(said: str) -> dict[str, float]:
    row = re.search(r"^\| listings \| .*\n.*\n\| (.*) \|$", said, re.MULTILINE)
    assert row, said
    names = ("listings", "wape", "bias", "ap", "covered")
    return {name: float(cell) for name, cell in zip(names, row.group(1).split("|"), strict=True)}


def test_the_list_of_real_shops_keeps_what_the_pages_promise(tmp_path):
    ours = scores(printed("fresh_retail", tmp_path))
    assert ours["wape"] <= 0.32
    assert ours["ap"] >= 0.86
    assert 0.75 <= ours["covered"] <= 0.85


def test_the_simulated_world_earns_two_fifths_of_the_oracles_profit(tmp_path):
    said = printed("dev_world", tmp_path)
    profit = re.search(r"recommended units: ([\d.]+) of the oracle's", said)
    assert profit
    assert float(profit.group(1)) >= 0.40
