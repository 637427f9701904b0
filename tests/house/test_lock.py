"""What is installed is what was locked, byte for byte; and it can be listed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "scripts/uv.txt", "scripts/sbom.txt")
PINNED = re.compile(r"^([\w.-]+)(\[[\w,-]+\])?==(\S+)", re.MULTILINE)


def entries(lock):
    """Each requirement of a lock as one line."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_is_one_version_with_digests(lock):
    lines = entries(lock)
    assert lines
    loose = [line for line in lines if not PINNED.match(line) or not re.search(r"--hash=sha256:[0-9a-f]{64}\b", line)]
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"https?://|--index|--find-links|--trusted-host|@ ", text) == []


@pytest.mark.parametrize("script", ["setup", "sbom"])
def test_nothing_is_installed_without_its_digest_but_this_checkout_and_pip_where_debian_lacks_it(script):
    lines = (ROOT / "scripts" / script).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    installing = [line for line in lines if re.search(r"^\W*(install|\$pip install) |pip install", line)]
    bare = [line for line in installing if "--require-hashes" not in line]
    ours = [line for line in bare if re.search(r"--no-deps --no-build-isolation -e \.$|install -q pip|\"\$@\"", line)]
    assert bare == ours
    assert len(installing) > len(bare)


def test_the_packages_that_the_project_names_are_locked():
    names = {match[1].lower().replace("_", "-") for match in map(PINNED.match, entries("requirements.lock")) if match}
    asked = re.findall(r'^  "([A-Za-z0-9._-]+)', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"polars", "lightgbm", "prefect", "mlflow"} <= names & {one.lower() for one in asked}


@pytest.mark.slow
def test_the_bill_of_materials_lists_the_lock_with_its_digests_and_is_the_same_again(tmp_path):
    for name in ("a.json", "b.json"):
        subprocess.run([ROOT / "scripts" / "sbom", tmp_path / name], check=True)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    told = json.loads((tmp_path / "a.json").read_bytes())
    assert (told["bomFormat"], told["metadata"]["component"]["name"]) == ("CycloneDX", "baokuan")
    listed = {(one["name"], one["version"]): one["externalReferences"][0]["hashes"] for one in told["components"]}
    assert set(listed) == {(match[1], match[3]) for match in map(PINNED.match, entries("requirements.lock")) if match}
    assert all(listed.values())
