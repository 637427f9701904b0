"""Nothing unpickles, evaluates text, or hands it to a shell: data and model files stay data."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path for room in ("features", "models", "stocking", "flows", "benchmarks") for path in
               (ROOT / room).rglob("*.py"))  # fmt: skip
MODULES = {
    "pickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle", "torch", "dbm", "ctypes",
    "code", "codeop", "runpy", "imp",
}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__", "globals"}
ATTRIBUTES = {
    "read_pickle", "to_pickle", "pyfunc", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all", "Loader",
    "FullLoader", "UnsafeLoader", "deserialize", "system", "popen", "getoutput", "getstatusoutput", "fromfile",
}  # fmt: skip
"""`deserialize` of polars runs pickled functions that a frame or an expression may hold."""
KEYWORDS = {"allow_pickle", "shell"}


def called(node):
    """Names and attributes that a call is made by, such as `yaml.load`."""
    return ast.unparse(node.func)


def found(tree):
    """What in a module might run what it reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if (node.module or "").partition(".")[0] in MODULES or names & (ATTRIBUTES | CALLS | MODULES):
                yield f"{node.module}: {sorted(names)}"
        elif isinstance(node, ast.Call):
            yield from of_call(node)
        elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield ast.unparse(node)


def of_call(node):
    name = called(node)
    owner, _, last = name.rpartition(".")
    if not owner and last in CALLS:
        yield name
    if (last in {"load", "load_all"} and owner.endswith("yaml")) or (owner == "np" and last == "load"):
        yield name
    if last in {"import_module", "load_model"} and not (last == "import_module" and plain(node)):
        yield name
    yield from (f"{name}({word.arg}=)" for word in node.keywords if word.arg in KEYWORDS and not false(word.value))


def plain(node):
    """Whether a module is imported by a name of our own: a constant, or one out of `REFUSALS`."""
    return ast.unparse(node.args[0]) == "module" or isinstance(node.args[0], ast.Constant)


def false(value):
    return isinstance(value, ast.Constant) and value.value is False


def test_no_file_can_run_what_it_reads():
    running = {str(path.relative_to(ROOT)): list(found(ast.parse(path.read_text(encoding="utf-8")))) for path in FILES}
    assert {path: found for path, found in running.items() if found} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from cloudpickle import loads", "import joblib as j", "from mlflow import pyfunc",
        "mlflow.pyfunc.load_model(uri)", "mlflow.lightgbm.load_model(uri)", "np.load(path)", "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)", "np.load(path, allow_pickle=True)", "eval(text)", "exec(text)",
        "pd.read_pickle(path)", "pl.LazyFrame.deserialize(path)", "pl.Expr.deserialize(io)", "os.system(text)",
        "subprocess.run(text, shell=True)", "importlib.import_module(name)", "from os import system",
        "import torch", "compile(text, 'x', 'exec')", "import shelve", "__import__(name)",
    ],
)  # fmt: skip
def test_the_search_finds_it(line):
    assert list(found(ast.parse(line)))


@pytest.mark.parametrize(
    "line", ["re.compile(text)", "json.load(file)", "yaml.safe_load(text)", "store.load(folder)", "run(a, shell=False)"]
)
def test_the_search_leaves_the_rest_alone(line):
    assert list(found(ast.parse(line))) == []


def test_the_linter_has_its_rules_against_it_switched_on():
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = settings.partition("ignore = [")[2].partition("]")[0]
    assert 'select = ["ALL"]' in settings
    assert [
        rule for rule in ("S301", "S302", "S307", "S403", "S506", "S602", "S604", "S605", "S614") if rule in ignored
    ] == []
