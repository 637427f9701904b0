from pathlib import Path

import pytest
import yaml

from models.drift.settings import Monitoring


@pytest.fixture(scope="session")
def monitoring():
    """The default settings."""
    base = Path(__file__).parents[3] / "configs" / "base.yaml"
    return Monitoring(**yaml.safe_load(base.read_text(encoding="utf-8"))["monitor"])
