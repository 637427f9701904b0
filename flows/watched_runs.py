"""What is read from and written to the records when a predictor in service is looked at."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from flows.data import Data
from flows.durable import text, whole
from flows.lessons import looking_back, params, tags
from flows.registry import NoRunError, Registry
from flows.serving import Serving
from flows.site import Site
from flows.tracking import PREDICTIONS, Entry, record_entry_once
from flows.version import Version
from models.drift.watch import Seen
from models.train import CHALLENGER, CHAMPION

PAGE, FINDINGS, EVIDENCE, PSI = "monitor.md", "monitor.parquet", "evidence.parquet", "psi.parquet"
SCORES = {"predictor": pl.String, "fold": pl.Int64, "metric": pl.String, "value": pl.Float64}


def judged_of(registry: Registry, version: Version) -> pl.DataFrame:
    """The forecasts by which a version was judged when it was trained; none where nothing was kept."""
    found = every_judged(registry, version)
    return found.filter(predictor=CHALLENGER) if found.height else found


def every_judged(registry: Registry, version: Version) -> pl.DataFrame:
    """The same with those of its rivals."""
    try:
        with TemporaryDirectory() as scratch:
            return pl.read_parquet(registry.fetched(version.run_id, PREDICTIONS, Path(scratch)))
    except NoRunError:
        return pl.DataFrame()


def written(out: Path, page: str, rows: pl.DataFrame, seen: Seen) -> tuple[Path, ...]:
    """The page, and the tables behind it, as files; the page first."""
    frames = {FINDINGS: rows, EVIDENCE: seen.evidence, PSI: seen.psi}
    return (
        text(out / PAGE, page),
        *(whole(out / name, frame.write_parquet) for name, frame in frames.items()),
    )


def recorded_look(  # noqa: PLR0913, PLR0917 - what a record is made of
    site: Site, data: Data, looked: tuple[Serving, datetime], rows: pl.DataFrame, files: Sequence[Path]
) -> str:
    """A run in the records, once for each predictor, moment and data; where a person finds it."""
    (service, as_of), registry = looked, Registry(site)
    lessons = looking_back(site, data, as_of)
    numbers = rows.filter(pl.col("value").is_finite())
    entry = Entry(
        stage="monitor",
        horizon_days=service.predictor.settings.horizon_days,
        as_of=as_of,
        params=params(lessons),
        tags={**tags(lessons), "watched": str(service.version), "alarms": _alarms(rows)},
        inputs=(),
        scores=numbers.select(
            predictor=pl.lit(CHAMPION), fold=pl.lit(None, pl.Int64), metric=_metric(), value="value"
        ).match_to_schema(SCORES),
    )
    return registry.link(record_entry_once(registry, entry, CHAMPION, files))


def _alarms(rows: pl.DataFrame) -> str:
    return ", ".join(rows.filter("alarm")["kind"].unique().sort()) or "none"


def _metric() -> pl.Expr:
    """A name that MLflow takes: letters, digits and a few signs."""
    name = pl.col("name").str.replace_all(r"[^\w.\- /]", " ").str.replace_all(r"\s+", " ")
    return pl.col("kind") + "/" + name
