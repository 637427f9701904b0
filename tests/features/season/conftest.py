import pytest

from features.season.settings import SeasonSettings
from features.season.simulate import Season, simulate


@pytest.fixture(scope="session")
def settings() -> SeasonSettings:
    return SeasonSettings.small()


@pytest.fixture(scope="session")
def season(settings: SeasonSettings) -> Season:
    return simulate(settings)
