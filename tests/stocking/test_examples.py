import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import stocking


@pytest.mark.parametrize("name", [module.name for module in iter_modules(stocking.__path__)])
def test_the_examples_in_the_docstrings_are_true(name):
    assert doctest.testmod(import_module(f"stocking.{name}")).failed == 0
