"""How long, how broad and how plain code may be."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("features", "models", "stocking", "flows")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TREES = {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
FUNCTIONS = [
    (f"{name}:{node.name}", node)
    for name, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]
FLOWS = [
    (name, node)
    for name, node in FUNCTIONS
    if any("flow" in ast.unparse(one).split("(")[0].split(".") for one in node.decorator_list)
]


def length(node):
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return node.end_lineno - first.lineno + 1


def statements(body):
    """Statements of a body, those inside its `with` blocks among them; a docstring is none."""
    kept = [node for node in body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    return [one for node in kept for one in (node, *statements(getattr(node, "body", [])))]


def test_no_file_is_longer_than_250_lines():
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > 250} == {}


def test_no_function_is_much_longer_than_thirty_lines_without_its_docstring():
    assert {name: length(node) for name, node in FUNCTIONS if length(node) > 35} == {}


def test_half_of_all_functions_are_shorter_than_ten_lines():
    lengths = sorted(
        node.end_lineno - node.lineno + 1 - len((ast.get_docstring(node) or "").splitlines()) for _, node in FUNCTIONS
    )
    assert lengths[len(lengths) // 2] <= 10


@pytest.mark.parametrize("node", [node for _, node in FLOWS], ids=[name for name, _ in FLOWS])
def test_a_flow_is_at_most_ten_named_steps_without_arithmetic_or_try(node):
    inside = [one for statement in node.body for one in ast.walk(statement)]
    assert len(statements(node.body)) <= 10
    assert [ast.unparse(one) for one in inside if isinstance(one, ast.BinOp | ast.Try | ast.For | ast.While)] == []
    assert "pl.col" not in ast.unparse(node)


def test_every_run_of_a_flow_has_a_name_that_says_what_it_is():
    named = {name: [one for one in node.decorator_list if "flow_run_name" in ast.unparse(one)] for name, node in FLOWS}
    assert [name for name, told in named.items() if not told] == []


def test_every_flow_of_the_contract_is_looked_at():
    assert {name.partition(":")[0] for name, _ in FLOWS} >= {
        f"flows/{verb}.py" for verb in ("ingest", "train", "stock", "backtest", "ablate", "run", "demo")
    }


def test_nothing_catches_every_exception():
    broad = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]
    assert broad == []


def test_nothing_prints_and_only_flows_log():
    called = [
        f"{name}: {ast.unparse(node.func)}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) == "print"
            or (ast.unparse(node.func).startswith("logging.") and "flows/" not in name)
        )
    ]
    assert called == []


def test_no_row_loops_over_frames():
    slow = {"map_elements", "map_rows", "map_batches", "to_pandas", "apply"}
    used = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in slow
    ]
    assert used == []


def test_importing_a_module_does_nothing():
    calm = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Assert)
    loud = [
        f"{name}:{node.lineno}: {ast.unparse(node)[:60]}"
        for name, tree in TREES.items()
        for node in tree.body
        if not isinstance(node, calm)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (
            isinstance(node, ast.If) and {"TYPE_CHECKING", "__main__"} & set(re.findall(r"\w+", ast.unparse(node.test)))
        )
    ]
    assert loud == []
