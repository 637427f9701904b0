"""Landing zones small enough to check by hand, as files of any of the three formats."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from features.contracts import TABLES
from features.landing import opened
from features.landing_files import LandingFile
from features.landing_settings import IngestSettings
from features.quarantine import FileRefusedError
from features.raw import ROW

SETTINGS = IngestSettings(
    max_bad_share=0.2,
    keep_text=True,
    batch_rows=1_000,
    max_file_bytes=10_000_000,
    max_expanded_bytes=1_000_000_000,
    max_expansion=100,
    max_line_bytes=100_000,
    value_characters=40,
)
MAY = datetime(2024, 5, 1, 12, tzinfo=UTC)
ISO = "%Y-%m-%dT%H:%M:%S%.6f%:z"


def event(name, **more: object):
    return {"event_id": name, "session_id": "S1", "product_id": "P1", "kind": "like", "ts": MAY} | more


def order(name, **more: object):
    return {
        "order_id": name,
        "session_id": "S1",
        "product_id": "P1",
        "viewer_id": "anna",
        "ts": MAY + timedelta(minutes=5),
        "units": 2,
        "unit_price": 9.5,
    } | more


SESSION = {"session_id": "S1", "room_id": "R1", "announced_at": MAY - timedelta(days=2), "scheduled_at": MAY}
LISTING = {"session_id": "S1", "product_id": "P1", "announced_at": MAY - timedelta(days=2), "price": 9.5}
PRODUCT = {"product_id": "P1", "merchant_id": "M1", "category": "food/tea", "title": "Tea", "list_price": 12.0}


def write(folder, table, rows, file="a.parquet"):
    """Rows, dicts of python values, as one file of a landing table; returns its path."""
    path = Path(folder) / table / file
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame(rows) if isinstance(rows, list) else rows
    if path.suffix == ".parquet":
        frame.write_parquet(path)
        return path
    told = frame.with_columns(pl.col(pl.Datetime).dt.strftime(ISO))
    if path.suffix == ".csv":
        told.write_csv(path)
    else:
        told.write_ndjson(path)
    return path


def write_text(folder, table, text, file):
    path = Path(folder) / table / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def small_zone(folder, **more: object):
    """The four required tables with a row or two each, and whatever else is given."""
    tables = {
        "sessions": [SESSION],
        "lineups": [LISTING],
        "products": [PRODUCT],
        "orders": [order("O1"), order("O2", units=3)],
    } | more
    for table, rows in tables.items():
        write(folder, table, rows)
    return Path(folder)


def sifted(path, table, settings=SETTINGS):
    """A file's good rows and its faults as (row, column, reason)."""
    file = LandingFile(TABLES[table], path, path.name)
    parts = list(opened(file, settings).batches)
    good = pl.concat([TABLES[table].empty(), *(part.rows.drop(ROW) for part in parts)])
    faults = [fault for part in parts for fault in part.faults.select("row", "column", "reason").rows()]
    return good, faults


def refusal(path, table, settings=SETTINGS):
    """Why a file is refused, None where it is not."""
    try:
        sifted(path, table, settings)
    except FileRefusedError as error:
        return str(error)
    return None
