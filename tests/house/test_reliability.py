"""The page on reliability promises nothing without a test."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def named_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_exists():
    assert [(path, name) for path, name in NAMED if name not in named_in(path)] == []


def test_every_fault_of_the_table_has_a_test():
    faults = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| fault")]
    assert len(faults) > 20
    assert [line for line in faults if not re.search(r"`tests/[\w/]+\.py::\w+`", line)] == []
