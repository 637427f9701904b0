"""Training runs of a tiny predictor, recorded and registered."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from matplotlib.figure import Figure

from flows.tracking import Input, Record, record

FIRST, SECOND, THIRD, FOURTH = (datetime(2024, 6, day, tzinfo=UTC) for day in (1, 8, 15, 22))
SCORES = pl.DataFrame(
    [
        ("predictor", None, "wape", 0.30),
        ("predictor", 0, "wape", 0.28),
        ("predictor", 1, "wape", 0.32),
        ("last_session", None, "wape", 0.50),
        ("last_session", 1, "wape", 0.55),
    ],
    schema=["predictor", "fold", "metric", "value"],
    orient="row",
)
PREDICTIONS = pl.DataFrame({"predictor": ["challenger"], "p_hit": [0.5]})


def training(saved: Path, as_of: datetime) -> Record:
    return Record(
        stage="train",
        horizon_days=7,
        as_of=as_of,
        params={"labels.hit_share": "0.1", "models.seed": "7"},
        tags={"git_revision": "abc", "data_version": "d" * 16},
        inputs=(Input("orders", pl.DataFrame({"units": [1, 2]}), "e" * 64, saved.parent / "lake" / "orders", 3),),
        scores=SCORES,
        pictures={"reliability.png": Figure()},
        texts={"model_card.md": "# What it is"},
        predictions=PREDICTIONS,
        folder=saved,
        digest=hashlib.sha256(as_of.isoformat().encode()).hexdigest(),
        columns={"price": "number", "category": "category"},
        forecast=("p_hit", "demand_p50"),
    )


def signed_as(version) -> dict[str, str]:
    """Tags of a further version with the same files."""
    return {"as_of": version.as_of.isoformat(), "digest": version.digest, "signature": version.signature}


def registered(registry, saved, as_of, *, served):
    run_id, model_id = record(registry, training(saved, as_of), "predictor")
    told = {"as_of": as_of.isoformat(), "digest": training(saved, as_of).digest}
    version = registry.register(model_id, run_id, told)
    if served:
        registry.promote(version)
    return version
