"""The page on security promises nothing without a test."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
PROVEN = PAGE[PAGE.index("## What comes in") :]
ROWS = [line for line in PROVEN.splitlines() if line.startswith("| ") and not line.endswith("| test |")]


def named_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_exists():
    assert [(path, name) for path, name in NAMED if name not in named_in(path)] == []
    assert len(re.findall(r"`tests/[^`]*::", PAGE)) == len(NAMED)


def test_every_row_has_a_test():
    assert len(ROWS) > 30
    assert [row for row in ROWS if not re.search(r"`tests/[\w/]+\.py::\w+`", row)] == []


@pytest.mark.parametrize("topic", ["Not covered", "Who", "Predictors", "Secrets", "Viewers", "Readers", "Servers"])
def test_the_page_says_who_what_stops_them_and_what_is_not_covered(topic):
    assert f"\n## {topic}\n" in PAGE
