import doctest

import pytest

from stocking.acts import advise, page


@pytest.mark.parametrize("module", [advise, page], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_are_true(module):
    tried = doctest.testmod(module)
    assert tried.attempted > 0
    assert tried.failed == 0
