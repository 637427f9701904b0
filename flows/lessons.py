"""What a predictor is learnt from, what came of it, and all that is kept of both."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml

from features.contracts import TABLES
from flows.config import Config
from flows.data import Data
from flows.lake import Lake
from flows.model_card import Card, card
from flows.pictures.causes import contributions, importance, moved
from flows.pictures.chances import gain, reliability
from flows.pictures.units import coverage, residuals, segments
from flows.provenance import provenance
from flows.site import Site
from flows.tracking import Input, Record
from models.dataset import ROW, Dataset
from models.grid import FORECAST
from models.promotion import Verdict
from models.settings import ModelSettings
from models.train import CHALLENGER, Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Lessons:
    """What a predictor is learnt from."""

    site: Site
    data: Data
    dataset: Dataset
    settings: ModelSettings


def looking_back(site: Site, data: Data, as_of: datetime) -> Lessons:
    """Of a run that learns nothing: with which settings and data it was made."""
    settings = site.settings().models
    return Lessons(site, data, Dataset(pl.DataFrame(), as_of, timedelta(days=settings.horizon_days)), settings)


@dataclass(frozen=True, eq=False)
class Judged:
    """What was learnt and how it did.

    Attributes:
        training: the predictor and its forecasts of past sessions.
        scores: one row per predictor, fold and metric.
        verdict: of the rules of promotion.
        broken: what is wrong with predictors in service that could not be used, in words.
    """

    training: Training
    scores: pl.DataFrame
    verdict: Verdict
    broken: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """What to tell of the verdict; the decision first."""
        return (*self.verdict.reasons, *self.broken)


def recorded(lessons: Lessons, judged: Judged, folder: Path, digest: str) -> Record:
    """All that is kept of a training run."""
    verdict = judged.verdict
    rules = {f"rule.{rule.name.replace(' ', '_')}": rule.said[:4000] for rule in verdict.rules}
    lost = {"lost_to": ", ".join(verdict.lost_to)} if verdict.lost_to else {}
    decision = {"promoted": str(verdict.promoted).lower(), "verdict": "; ".join(judged.reasons)[:4000]}
    return Record(
        stage="train",
        horizon_days=lessons.settings.horizon_days,
        as_of=lessons.dataset.as_of,
        params=params(lessons),
        tags={**tags(lessons), **decision, **rules, **lost},
        inputs=inputs(lessons),
        scores=judged.scores,
        pictures=pictures(lessons, judged.training),
        texts={"model_card.md": told(lessons, judged), "config.yaml": config(lessons)},
        predictions=judged.training.judged,
        folder=folder,
        digest=digest,
        columns=judged.training.predictor.columns,
        forecast=FORECAST,
    )


def told(lessons: Lessons, judged: Judged) -> str:
    """The model card."""
    return card(
        Card(
            dataset=lessons.dataset,
            settings=lessons.settings,
            facts={
                **tags(lessons),
                "market": lessons.site.settings().market.name,
                "returns": judged.training.predictor.returns.said,
            },
            judged=judged.training.judged,
            scores=judged.scores,
            verdict=judged.verdict,
            notes=(*judged.broken, *judged.training.predictor.notes),
        )
    )


def config(lessons: Lessons) -> str:
    """The resolved configuration, as a file that `--config` accepts."""
    return yaml.safe_dump(resolved(lessons).model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def resolved(lessons: Lessons) -> Config:
    """Every value as this run used it."""
    return lessons.site.settings().model_copy(update={"models": lessons.settings})


def params(lessons: Lessons) -> dict[str, str]:
    """The resolved configuration, one value a name."""
    return flattened(resolved(lessons).model_dump(mode="json"))


def tags(lessons: Lessons) -> dict[str, str]:
    """With which code, libraries and data."""
    return {**provenance(), "data_version": lessons.data.version}


def inputs(lessons: Lessons) -> tuple[Input, ...]:
    """The tables of the lake, and the rows that they became."""
    lake, data, rows = Lake(lessons.site.made()).root, lessons.data, lessons.dataset.rows
    tables = [
        Input(name, data.tables[name], data.digests[name], lake / name, data.versions.get(name)) for name in TABLES
    ]
    return (*tables, Input("lessons", rows, _digest(rows), lake))


def pictures(lessons: Lessons, training: Training) -> dict[str, "Figure"]:
    """Forecasts made before the fact beside what came, and what the predictor looks at, where there is any."""
    drawn: dict[str, Figure] = {}
    if training.judged.height:
        own = training.judged.filter(predictor=CHALLENGER)
        seen = own.filter(~pl.col("censored")).join(_kinds(lessons.dataset.rows), on=ROW, how="left")
        drawn |= {"reliability.png": reliability(own), "gain.png": gain(training.judged)}
        drawn |= {"coverage.png": coverage(seen), "residuals.png": residuals(seen), "segments.png": segments(seen)}
    if training.gains.height:
        drawn["importance.png"] = importance(training.gains)
    scores = moved(training.predictor, lessons.dataset)
    return drawn | ({"contributions.png": contributions(scores)} if scores else {})


def _kinds(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(*ROW, *(name for name in ("department", "price") if name in rows.columns))


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
