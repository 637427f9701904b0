"""The record of one run: what went in, how well it did and, where it trained, the model that came out."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.open_runs import opened, sweep
from flows.places import Place
from flows.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREDICTIONS = "predictions.parquet"
FEEDBACK = "feedback"


@dataclass(frozen=True, eq=False)
class Input:
    """A frame that training read.

    Attributes:
        name: of the table.
        frame: its rows; only their number and columns are recorded.
        digest: of its content.
        place: the Delta table that it came from.
        version: of that table.
    """

    name: str
    frame: pl.DataFrame
    digest: str
    place: Place
    version: int | None = None


@dataclass(frozen=True, eq=False)
class Entry:
    """What went into a run, and how well it did.

    Attributes:
        stage: what it was made for: train, backtest, ablate, tune or feedback.
        horizon_days: how far ahead it looks; with the market it names the experiment.
        as_of: its cutoff.
        params: the resolved configuration, one value a name.
        tags: revision, lock and data version.
        inputs: what it read.
        scores: one row per predictor, fold and metric; a null fold holds the overall value.
    """

    stage: str
    horizon_days: float
    as_of: datetime
    params: Mapping[str, str]
    tags: Mapping[str, str]
    inputs: tuple[Input, ...]
    scores: pl.DataFrame

    @property
    def leaf(self) -> float | str:
        """In which experiment of its market it stands: beside runs of its horizon, or, looking back, by itself."""
        return FEEDBACK if self.stage == FEEDBACK else self.horizon_days


@dataclass(frozen=True, eq=False)
class Record(Entry):
    """All that is recorded of one training run.

    Attributes:
        pictures: by file name.
        texts: by file name.
        predictions: the forecasts by which it was judged, one row per predictor, fold and listing at a cutoff.
        folder: the saved predictor.
        digest: of the saved predictor.
        columns: the features it reads, as name -> "number" or "category".
        forecast: the columns it answers with.
    """

    pictures: Mapping[str, "Figure"]
    texts: Mapping[str, str]
    predictions: pl.DataFrame
    folder: Path
    digest: str
    columns: Mapping[str, str]
    forecast: tuple[str, ...]


def record(registry: Registry, kept: Record, predictor: str) -> tuple[str, str]:
    """Write the run and its model into MLflow, each baseline as a run below it with the same metric names.

    Returns:
        The ids of the run and of the recorded model.
    """
    client = registry.client
    with _run(registry, kept, predictor) as run_id:
        for title, picture in kept.pictures.items():
            client.log_figure(run_id, picture, title)
        for title, text in kept.texts.items():
            client.log_text(run_id, text, title)
        if kept.predictions.height:
            _log_table(client, run_id, kept.predictions, PREDICTIONS)
        model_id = _model(client, registry.experiment_id(kept.leaf), run_id, kept)
    return run_id, model_id


def record_entry(registry: Registry, kept: Entry, predictor: str, files: Sequence[Path]) -> str:
    """Write a run that only compares into MLflow, with its files, each rival of the predictor as a run below it.

    Returns:
        The id of the run.
    """
    with _run(registry, kept, predictor) as run_id:
        for path in files:
            registry.client.log_artifact(run_id, str(path))
    return run_id


def record_entry_once(registry: Registry, kept: Entry, predictor: str, files: Sequence[Path]) -> str:
    """The same, unless a finished run of its stage has the same tags and the same moment: then its id.

    Returns:
        The id of the run.
    """
    wanted = {**kept.tags, "stage": kept.stage, "as_of": kept.as_of.isoformat()}
    asked = " and ".join(f"tags.`{name}` = '{value}'" for name, value in wanted.items() if "'" not in value)
    found = registry.client.search_runs(
        [registry.experiment_id(kept.leaf)], f"{asked} and attributes.status = 'FINISHED'", max_results=1
    )
    return str(found[0].info.run_id) if found else record_entry(registry, kept, predictor, files)


@contextmanager
def _run(registry: Registry, kept: Entry, predictor: str) -> Iterator[str]:
    """A run that ends as failed unless the block ends well."""
    client, experiment = registry.client, registry.experiment_id(kept.leaf)
    run_id = begun(registry, kept)
    with ExitStack() as unfinished:
        unfinished.callback(client.set_terminated, run_id, "FAILED")
        log_scores(client, run_id, kept.scores.filter(predictor=predictor))
        for other in kept.scores["predictor"].unique().sort():
            if other != predictor:
                _child(registry, experiment, run_id, kept.scores.filter(predictor=other))
        yield run_id
        unfinished.pop_all()
    client.set_terminated(run_id)


def begun(registry: Registry, kept: Entry) -> str:
    """A new run with its settings, its tags and what it reads; it stays open. Answers with its id."""
    client, experiment = registry.client, registry.experiment_id(kept.leaf)
    about = {"stage": kept.stage, "market": registry.market, "horizon_days": f"{kept.horizon_days:g}"}
    tags = {**kept.tags, **about, "as_of": kept.as_of.isoformat()}
    sweep(registry, experiment)
    run_id = opened(registry, experiment, f"{kept.stage} {kept.as_of:%Y-%m-%d %H:%M}", tags)
    with ExitStack() as unfinished:
        unfinished.callback(client.set_terminated, run_id, "FAILED")
        log_params(client, run_id, kept.params)
        client.log_inputs(run_id, [_dataset(one) for one in kept.inputs])
        unfinished.pop_all()
    return run_id


def versions_read(registry: Registry, run_id: str) -> dict[str, int]:
    """Which version of each Delta table a run read."""
    inputs = registry.client.get_run(run_id).inputs.dataset_inputs
    sources = {one.dataset.name: json.loads(one.dataset.source) for one in inputs}
    return {name: told["delta_table_version"] for name, told in sources.items() if told.get("delta_table_version")}


def log_params(client: Any, run_id: str, params: Mapping[str, str]) -> None:
    """Write settings; MLflow takes a hundred at once."""
    from mlflow.entities import Param

    rows = [Param(name, value[:6000]) for name, value in params.items()]
    for start in range(0, len(rows), 100):
        client.log_batch(run_id, params=rows[start : start + 100])


def log_scores(client: Any, run_id: str, scores: pl.DataFrame) -> None:
    """Write one predictor's metrics: over all folds, and per fold as `folds/...` with the fold as step."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    overall = scores.filter(pl.col("fold").is_null()).select("metric", "value").drop_nulls().rows()
    folds = scores.drop_nulls().sort("fold").select("metric", "value", "fold").rows()
    rows = [Metric(name, value, now, 0) for name, value in overall]
    rows += [Metric(f"folds/{name}", value, now, fold) for name, value, fold in folds]
    for start in range(0, len(rows), 1000):
        client.log_batch(run_id, metrics=rows[start : start + 1000])


def _log_table(client: Any, run_id: str, rows: pl.DataFrame, name: str) -> None:
    with TemporaryDirectory() as scratch:
        rows.write_parquet(Path(scratch) / name)
        client.log_artifact(run_id, str(Path(scratch) / name))


def _child(registry: Registry, experiment: str, parent: str, scores: pl.DataFrame) -> None:
    name = scores["predictor"][0]
    child = opened(registry, experiment, name, {"mlflow.parentRunId": parent, "predictor": name})
    log_scores(registry.client, child, scores)
    registry.client.set_terminated(child)


def _dataset(one: Input) -> Any:
    import mlflow.data
    from mlflow.data.delta_dataset_source import DeltaDatasetSource
    from mlflow.entities import DatasetInput, InputTag

    source = DeltaDatasetSource(path=str(one.place), delta_table_version=one.version)
    made = mlflow.data.from_polars(one.frame, source=source, name=one.name, digest=one.digest[:32])
    return DatasetInput(made._to_mlflow_entity(), [InputTag("mlflow.data.context", "training")])  # noqa: SLF001


def _model(client: Any, experiment: str, run_id: str, kept: Record) -> str:
    """Record the predictor's files as they are, with their signature; nothing in them can run."""
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus
    from mlflow.models import Model

    tags = {"digest": kept.digest, "as_of": kept.as_of.isoformat()}
    logged = client.create_logged_model(experiment, name="predictor", source_run_id=run_id, tags=tags)
    with TemporaryDirectory() as scratch:
        described = Model(run_id=run_id, model_id=logged.model_id, signature=_signature(kept))
        described.add_flavor("baokuan", loader="models.predictor", digest=kept.digest, data="predictor")
        described.save(Path(scratch) / "MLmodel")
        shutil.copytree(kept.folder, Path(scratch) / "predictor")
        client.log_model_artifacts(logged.model_id, scratch)
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return str(logged.model_id)


def _signature(kept: Record) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    kinds = {"number": DataType.float, "category": DataType.string}
    row = {"session_id": DataType.string, "product_id": DataType.string, "cutoff": DataType.datetime}
    inputs = [ColSpec(kind, name) for name, kind in row.items()]
    inputs += [ColSpec(kinds[kind], name, required=False) for name, kind in kept.columns.items()]
    return ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double, name) for name in kept.forecast]))
