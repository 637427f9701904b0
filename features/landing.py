"""A landing zone's tables at once, for what fits in memory."""

from pathlib import Path

import polars as pl

from features.contract import TableContract
from features.contracts import TABLES, Tables


def load(landing: Path) -> Tables:
    """Every table of a clean landing zone."""
    return {name: _table(contract, landing / name) for name, contract in TABLES.items()}


def _table(contract: TableContract, folder: Path) -> pl.DataFrame:
    frames = [pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))]
    whole = pl.concat([contract.empty(), *frames], how="diagonal_relaxed")
    return contract.schema.validate(whole.select(contract.dtypes.names()).cast(contract.dtypes), lazy=True)  # type: ignore[no-any-return]
