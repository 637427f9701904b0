"""What holds for all tests."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
SHARED_STATE = ("random", "numpy.random")


def of_properties():
    for path in sorted(TESTS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "hypothesis" in text:
            yield str(path.relative_to(TESTS)), ast.parse(text)


def draws(tree):
    """What is taken from modules whose dice belong to the whole process; `Random` and `default_rng` are one's own."""
    alias = {
        one.asname or one.name: one.name
        for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in SHARED_STATE:
            yield from (one.name for one in node.names)
        if isinstance(node, ast.Attribute):
            owner, _, rest = ast.unparse(node.value).partition(".")
            if owner in alias and ".".join(filter(None, (alias[owner], rest))) in SHARED_STATE:
                yield node.attr


def test_no_property_draws_from_the_dice_of_the_whole_process():
    drawn = {(name, one) for name, tree in of_properties() for one in draws(tree)}
    assert {(name, one) for name, one in drawn if one not in {"Random", "default_rng", "Generator"}} == set()
    assert drawn  # else nothing was looked at
