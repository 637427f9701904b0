"""What may be changed: YAML files, laid one over the other, into one frozen object."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator

from features.landing_settings import IngestSettings
from features.plausible_settings import Plausible
from features.settings import Comments, FeatureSettings, Frozen, LabelSettings, Market, Sensing
from flows.checkup.settings import Checkup
from flows.maintain_settings import Maintenance
from flows.retention_settings import Retention
from flows.underway.settings import Underway
from models.drift.settings import Monitoring
from models.settings import ModelSettings, Promotion
from stocking.feedback.settings import FeedbackSettings
from stocking.papers.style import Format, Language
from stocking.policy import Policy

BASE = Path(__file__).parents[1] / "configs" / "base.yaml"
DEFAULTS = (BASE, BASE.with_name("comments.yaml"))
"""The files that together hold every value once."""
NAME = r"[\w.-]+"  # what MLflow and its filters take


class ConfigError(ValueError):
    """A configuration that cannot be used; says in which file and at which key."""


class Tracking(Frozen):
    """Under which names the training runs and the predictor are recorded."""

    experiment: str = Field(min_length=1, description="how the names of all MLflow experiments begin")
    predictor: str = Field(pattern=rf"^{NAME}$", description="registered predictors are called PREDICTOR-MARKET")
    check_seconds: float = Field(gt=0, description="within which a predictor must load and repeat its own forecasts")
    check_memory_bytes: int = Field(ge=500_000_000, description="memory that it may take to do so")


class Papers(Frozen):
    """How the papers for people are written."""

    language: Language = Field(description="of headings and explanations")
    formats: tuple[Format, ...] = Field(min_length=1, description="each paper is written in all of them")


class Config(Frozen):
    """Every tunable value, each from one place."""

    market: Market
    ingest: IngestSettings
    retention: Retention
    features: FeatureSettings
    plausible: Plausible
    labels: LabelSettings
    comments: Comments
    models: ModelSettings
    promotion: Promotion
    monitor: Monitoring
    policy: Policy
    papers: Papers
    feedback: FeedbackSettings
    live: Underway
    tracking: Tracking
    maintain: Maintenance
    doctor: Checkup

    @field_validator("market")
    @classmethod
    def named(cls, market: Market) -> Market:
        """A market whose name can stand in those of predictors and experiments."""
        if not re.fullmatch(NAME, market.name):
            raise ValueError(f"name is {market.name!r}, expected letters, digits, `_`, `-` and `.` only")
        return market

    @property
    def registered(self) -> str:
        """The name of this market's registered predictors: a server may hold several markets."""
        return f"{self.tracking.predictor}-{self.market.name}"

    def sensing(self) -> Sensing:
        """The part that features and labels read."""
        return Sensing(market=self.market, features=self.features, labels=self.labels, comments=self.comments)


def load(overlays: Sequence[Path] = ()) -> Config:
    """The defaults with each file laid over the ones before; lists are replaced, sections are merged.

    Raises:
        ConfigError: a file cannot be read, a key is unknown, or a value is not legal.
    """
    merged: dict[str, Any] = {}
    said_by: dict[tuple[str, ...], Path] = {}
    for path in (*DEFAULTS, *overlays):
        section = _read(path)
        said_by |= dict.fromkeys(_keys(section), path)
        merged = _laid_over(merged, section)
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_told(error, said_by)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: no YAML: {' '.join(str(error).split())}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: found {type(content).__name__}, expected sections such as `market:`")
    return content


@lru_cache(8)
def _parsed(text: str) -> Any:
    """What a file says; the defaults are read at every turn."""
    return yaml.safe_load(text)


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key in under.keys() & over.keys() if isinstance(under[key], dict) and isinstance(over[key], dict)}
    return {**under, **over, **{key: _laid_over(under[key], over[key]) for key in both}}


def _keys(section: Mapping[Any, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    here = [(*above, str(key)) for key in section]
    below = [_keys(value, (*above, str(key))) for key, value in section.items() if isinstance(value, dict)]
    return [*here, *(key for keys in below for key in keys)]


def _told(error: ValidationError, said_by: Mapping[tuple[str, ...], Path]) -> str:
    first = error.errors()[0]
    place = tuple(str(part) for part in first["loc"])
    known = (place[:length] for length in range(len(place), 0, -1))
    path = next((said_by[key] for key in known if key in said_by), BASE)
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{path}: {'.'.join(place)}: {first['msg']}{more}"
