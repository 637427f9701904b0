"""What stands in the project's own texts."""

import re
import subprocess
from pathlib import Path

import yaml
from typer.main import get_command

from flows.app import COMMANDS
from flows.cli import app
from flows.config import DEFAULTS, Config

ROOT = Path(__file__).parents[2]


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def defaults(model, above=""):
    for name, one in model.model_fields.items():
        nested = one.annotation if hasattr(one.annotation, "model_fields") else None
        yield from defaults(nested, f"{above}{name}.") if nested else []
        if not one.is_required():
            yield f"{above}{name}"


def test_the_readme_names_only_commands_and_targets_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(get_command(app).commands)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= set(re.findall(r"\bmake ([a-z-]+)", readme)) <= targets
    assert set(re.findall(r"\bbaokuan ([a-z][a-z-]*[a-z])\b", readme)) <= commands


def test_the_readme_names_only_files_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_command_line_has_the_commands_of_the_contract():
    assert sorted(get_command(app).commands) == sorted(COMMANDS)
    assert list(COMMANDS) == [
        "demo", "adapt", "check", "run", "ingest", "train", "stock", "restock", "what-if", "decide", "feedback",
        "monitor", "sense", "watch", "backtest", "ablate", "tune", "compare", "promote", "rollback", "sign", "forget",
        "retain", "maintain", "doctor", "upgrade", "up", "down", "ui",
    ]  # fmt: skip


def test_a_value_has_its_default_in_one_of_the_default_files_and_nowhere_else():
    sections = [name for path in DEFAULTS for name in yaml.safe_load(path.read_text(encoding="utf-8"))]
    assert list(defaults(Config)) == []
    assert sorted(sections) == sorted(Config.model_fields)


def test_no_file_names_a_machine_or_the_host_of_a_registry():
    hosts = ("pypi" + ".org", "python" + "hosted", "/ro" + "ot/", "/wo" + "rk/", ".lib" + "rary/")
    texts = [path for path in tracked() if path.suffix in {".py", ".md", ".yaml", ".toml", ".lock", ".sql", ""}]
    found = [path.name for path in texts for host in hosts if host in path.read_text(encoding="utf-8")]
    assert found == []


def test_the_lock_pins_every_package_with_a_hash():
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements.lock").read_text(encoding="utf-8").strip())
    pinned = [block for block in blocks if not block.startswith("#")]
    assert pinned
    assert [block.splitlines()[0] for block in pinned if "--hash=sha256:" not in block or "==" not in block] == []
