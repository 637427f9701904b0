"""What a predictor is learnt from, what came of it, and all that is kept of both."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from features.contracts import TABLES
from flows.data import Data
from flows.pictures import importance, reliability
from flows.provenance import provenance
from flows.registry import Version
from flows.site import Site
from flows.tracking import Input, Record
from models.dataset import Dataset
from models.grid import FORECAST
from models.judge import Verdict
from models.settings import ModelSettings
from models.train import CHALLENGER, Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Lessons:
    """What a predictor is learnt from, and whom it has to beat."""

    site: Site
    data: Data
    dataset: Dataset
    settings: ModelSettings
    champion: Version | None


@dataclass(frozen=True, eq=False)
class Judged:
    """What was learnt and how it did: one score per predictor, fold and metric, and the verdict."""

    training: Training
    scores: pl.DataFrame
    verdict: Verdict


def recorded(lessons: Lessons, judged: Judged, folder: Path, digest: str) -> Record:
    """All that is kept of a training run."""
    told = {"verdict": "; ".join(judged.verdict.reasons)[:4000]}
    lost = {"lost_to": ", ".join(judged.verdict.lost_to)} if judged.verdict.lost_to else {}
    return Record(
        as_of=lessons.dataset.as_of,
        params=params(lessons),
        tags={**tags(lessons), **told, **lost},
        inputs=inputs(lessons),
        scores=judged.scores,
        pictures=pictures(judged.training),
        folder=folder,
        digest=digest,
        columns=judged.training.predictor.columns,
        forecast=FORECAST,
    )


def params(lessons: Lessons) -> dict[str, str]:
    """The resolved configuration, one value a name."""
    resolved = lessons.site.settings().model_copy(update={"models": lessons.settings})
    return flattened(resolved.model_dump(mode="json"))


def tags(lessons: Lessons) -> dict[str, str]:
    """With which code, libraries and data."""
    return {**provenance(), "data_version": lessons.data.version}


def inputs(lessons: Lessons) -> tuple[Input, ...]:
    """The tables of the lake, and the rows that they became."""
    lake, data, rows = lessons.site.made() / "lake", lessons.data, lessons.dataset.rows
    tables = [
        Input(name, data.tables[name], data.digests[name], lake / name, data.versions.get(name)) for name in TABLES
    ]
    return (*tables, Input("lessons", rows, _digest(rows), lake))


def pictures(training: Training) -> dict[str, "Figure"]:
    """Reliability of the forecasts made before the fact, and importance of the features, where there is any."""
    drawn = {}
    if training.judged.height:
        drawn["reliability.png"] = reliability(training.judged.filter(predictor=CHALLENGER))
    if training.gains.height:
        drawn["importance.png"] = importance(training.gains)
    return drawn


def flattened(settings: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested settings as `section.key`: text.

    >>> flattened({"labels": {"hit_share": 0.1}, "days": [1, 2]})
    {'labels.hit_share': '0.1', 'days': '[1, 2]'}
    """
    told: dict[str, str] = {}
    for name, value in settings.items():
        told |= (
            flattened(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": json.dumps(value)}
        )
    return told


def _digest(rows: pl.DataFrame) -> str:
    content = io.BytesIO()
    rows.write_ipc(content)
    return hashlib.sha256(content.getbuffer()).hexdigest()
