"""Which file may know which library."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("features", "models", "stocking", "flows")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ALONE = {
    "mlflow": {"flows/database.py", "flows/registry.py", "flows/tracking.py"},
    "deltalake": {"flows/appending.py", "flows/clearing.py", "flows/widening.py", "flows/lake.py"},
    "optuna": {"flows/study.py"},
    "rjieba": {"features/writing.py"},
    "xlsxwriter": {"stocking/papers/sheets.py", "stocking/papers/workbook.py"},
    "babel": {"stocking/papers/voice.py", "stocking/papers/words.py"},
    "typer": {"flows/app.py", "flows/cli.py", "flows/leaving.py", "flows/options.py"},
    "psycopg": {"flows/watching/postgres.py", "flows/watching/queries.py"},
}


def imported(tree):
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def outermost(tree):
    return ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("library", sorted(ALONE))
def test_each_of_these_libraries_is_known_to_its_own_files_only(library):
    knowing = {str(path.relative_to(ROOT)) for path in FILES if library in imported(parsed(path))}
    assert knowing <= ALONE[library]


def test_what_is_slow_to_import_is_imported_only_where_it_is_needed():
    at_import = {
        str(path.relative_to(ROOT)): imported(outermost(parsed(path))) & {"mlflow", "lightgbm", "optuna", "rjieba"}
        for path in FILES
    }
    assert {path: names for path, names in at_import.items() if names} == {}


def test_files_that_prefect_pydantic_or_pandera_read_do_not_postpone_annotations():
    postponing = [path.name for path in FILES if "from __future__ import annotations" in path.read_text("utf-8")]
    assert postponing == []


def test_no_room_has_a_file_for_everything():
    assert [path.name for path in FILES if path.stem in {"utils", "helpers", "common", "manager", "misc"}] == []


def test_no_flow_file_shares_the_name_of_a_room():
    assert [path.name for path in (ROOT / "flows").glob("*.py") if path.stem in ROOMS] == []


def test_tests_are_no_package():
    assert list((ROOT / "tests").rglob("__init__.py")) == []
