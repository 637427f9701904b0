"""Plans small enough to check by hand (`small_plan`)."""

import pytest
import small_plan


@pytest.fixture(scope="session")
def decided():
    return small_plan.decided


@pytest.fixture(scope="session")
def limits():
    return small_plan.limits


@pytest.fixture(scope="session")
def background():
    return small_plan.background
