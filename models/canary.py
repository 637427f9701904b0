"""A predictor's canary: a few rows and what it said of them when it was saved, asked again before it is used."""

import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from models.dataset import LISTING

if TYPE_CHECKING:
    from models.predictor import Predictor

ROWS = 16
TOLERANCE = 1e-9  # relative: another processor may add in another order
DAMAGED, DIFFERENT, UNREADABLE = 3, 4, 5  # exit statuses of the child; any other but 0 is a crash
UNUSED = ("sklearn", "pandas")  # LightGBM loads them for interfaces that nothing here calls: half of a check's time
_SAID = "said_"


class CanaryError(ValueError):
    """A predictor says something else than when it was saved."""


def canary(predictor: "Predictor", features: pl.DataFrame) -> pl.DataFrame:
    """The last rows of a feature table, with what the predictor says of them as columns `said_...`."""
    rows = features.unique(LISTING, keep="last", maintain_order=True).tail(ROWS)
    said = _asked(predictor, rows)
    return rows.hstack(said.select(pl.col(_told(said)).name.prefix(_SAID)))


def repeat(predictor: "Predictor", kept: pl.DataFrame) -> None:
    """Ask for the forecasts that a canary holds.

    Args:
        predictor: as it was loaded.
        kept: what `canary` gave.

    Raises:
        CanaryError: one is missing, or differs by more than a billionth.
    """
    said = [name for name in kept.columns if name.startswith(_SAID)]
    expected = kept.select(pl.col(name).alias(name.removeprefix(_SAID)) for name in said)
    found = _asked(predictor, kept.drop(said))
    if _told(found) != expected.columns:
        raise CanaryError(f"it forecasts {_told(found)}, and when it was saved {expected.columns}")
    for name in expected.columns:
        off = (found[name] - expected[name]).abs() > TOLERANCE * expected[name].abs().clip(lower_bound=TOLERANCE)
        if off.any() or (found[name].is_null() != expected[name].is_null()).any() or found[name].is_nan().any():
            raise CanaryError(f"{name}: {found[name].to_list()}, and when it was saved {expected[name].to_list()}")


def _asked(predictor: "Predictor", rows: pl.DataFrame) -> pl.DataFrame:
    """What a predictor says of rows and, as columns `now_...`, what its nowcaster does."""
    plan = predictor.forecast(rows)
    if predictor.nowcaster is None:
        return plan
    bars = plan.with_columns(hit_bar_units=pl.lit(predictor.bar_units, pl.Float64))
    now = predictor.nowcaster.forecast(rows, bars, predictor.settings.threads)
    return plan.hstack(now.select(pl.col("p_hit", "^demand_.*$").name.prefix("now_")))


def _told(forecast: pl.DataFrame) -> list[str]:
    return [name for name, dtype in forecast.schema.items() if dtype == pl.Float64]


def main(folder: str, digest: str, memory_bytes: str) -> None:
    """Load a predictor and let it repeat its canary, in a process of its own that nothing depends on.

    A damaged text model may abort the process or never end; here that costs an exit status.
    """
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(memory_bytes) if most == resource.RLIM_INFINITY else min(int(memory_bytes), most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
    _without(*UNUSED)
    from models.store import DamagedPredictorError, UnreadablePredictorError, load_with_canary

    try:
        repeat(*load_with_canary(Path(folder), digest))
    except DamagedPredictorError as error:
        _leave(error, DAMAGED)
    except UnreadablePredictorError as error:
        _leave(error, UNREADABLE)
    except CanaryError as error:
        _leave(error, DIFFERENT)


def _without(*names: str) -> None:
    """Let whoever tries to import these packages later find none."""
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]


def _leave(error: ValueError, status: int) -> None:
    sys.stderr.write(f"{error}\n")
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
