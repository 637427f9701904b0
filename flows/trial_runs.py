"""The record of a search for settings: one run above, one below it for each trial."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.open_runs import opened
from flows.registry import Registry
from flows.tracking import log_params, log_scores


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one trial.

    Attributes:
        name: of its run.
        values: the settings tried, one value a name.
        scores: predictor, fold, metric and value.
        loss: what was to be made small; None where the trial was given up early.
        seconds: that it took.
        is_default: whether these were the defaults.
    """

    name: str
    values: Mapping[str, str]
    scores: pl.DataFrame
    loss: float | None
    seconds: float
    is_default: bool

    @property
    def words(self) -> str:
        """The same in short."""
        came = "given up" if self.loss is None else f"{self.loss:.5g}"
        return f"{came}{', the defaults' if self.is_default else ''}, {self.seconds:.1f} s"


def open_again(registry: Registry, run_id: str) -> bool:
    """Open the run above the trials once more; whether it is still there."""
    experiments = [one.experiment_id for one in registry.client.search_experiments()]
    if not registry.client.search_runs(experiments, f"attributes.run_id = '{run_id}'"):
        return False
    registry.client.update_run(run_id, status="RUNNING")
    return True


def record_trial(registry: Registry, above: str, outcome: Outcome) -> None:
    """Write one trial as a run below the search's, under the metric names of a training."""
    client, parent = registry.client, registry.client.get_run(above)
    about = {name: parent.data.tags[name] for name in ("stage", "market", "horizon_days", "as_of", "data_version")}
    given_up = outcome.loss is None  # over fewer stretches than others: an overall value would be no match for theirs
    state = "given up" if given_up else "complete"
    tags = {**about, "mlflow.parentRunId": above, "state": state, "defaults": str(outcome.is_default).lower()}
    run_id = opened(registry, parent.info.experiment_id, outcome.name, tags)
    log_params(client, run_id, outcome.values)
    log_scores(client, run_id, outcome.scores.drop_nulls("fold") if given_up else outcome.scores)
    client.log_metric(run_id, "seconds", outcome.seconds)
    client.set_terminated(run_id)


def close(registry: Registry, above: str, metrics: Mapping[str, float], path: Path) -> None:
    """End the run above the trials, with what they came to so far and the file of the best."""
    for name, value in metrics.items():
        registry.client.log_metric(above, name, value)
    registry.client.log_artifact(above, str(path))
    registry.client.set_terminated(above)
