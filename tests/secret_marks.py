"""Secrets that stand out: values that a search through every byte would find."""

import base64
import gzip
import io
import re
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

MARK, MANY = "Qz7canary", 50
_WEBHOOK = base64.b64encode(f"{MARK}-webhook-secret-of-24-bytes".encode()).decode()
SECRETS = {
    "BAOKUAN_VIEWER_KEY": f"{MARK}-viewer-key",
    "BAOKUAN_MODEL_KEY": f"{MARK}-model-key",
    "BAOKUAN_WEBHOOK_SECRET": f"whsec_{_WEBHOOK}",
    "BAOKUAN_POSTGRES": f"host=127.0.0.1 port=9 dbname=shop user=watch password={MARK}-postgres connect_timeout=2",
    "PREFECT_API_AUTH_STRING": f"admin:{MARK}-prefect",
    "PREFECT_SERVER_API_AUTH_STRING": f"admin:{MARK}-prefect",
    "MLFLOW_TRACKING_USERNAME": "operator",
    "MLFLOW_TRACKING_PASSWORD": f"{MARK}-mlflow",
    "MLFLOW_TRACKING_TOKEN": f"{MARK}-mlflow-token",
    "AWS_SECRET_ACCESS_KEY": f"{MARK}-aws",
    "AWS_SESSION_TOKEN": f"{MARK}-aws-session",
}
"""By the variable of the environment; `MARK` stands in each, but in the webhooks' as base64 has it."""

WANTED = (MARK.encode(), _WEBHOOK.encode(), base64.b64encode(MARK.encode())[:10], MARK.encode().hex().encode())


def unpacked(path: Path) -> bytes:
    """All that is in a file: its bytes, and what they hold packed."""
    content = path.read_bytes()
    more = b""
    if content.startswith(b"PAR1"):
        more = pl.read_parquet(io.BytesIO(content), hive_partitioning=False).write_json().encode()
    elif content.startswith(b"\x1f\x8b"):
        more = gzip.decompress(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            more = b"".join(archive.read(name) for name in archive.namelist())
    elif content.startswith(b"SQLite format 3"):
        more = _rows(path)
    return content + more


def _rows(path: Path) -> bytes:
    """Every value of a database: one that spans pages does not stand there in one piece."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.text_factory = bytes
        names = [name.decode() for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = (
            row
            for name in names
            if re.fullmatch(r"\w+", name)
            for row in database.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - a plain name
        )
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def holding(folder: Path, *words: bytes) -> set[str]:
    """The files below a folder in which one of the words stands; many words must be of one length."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    holds = _one_of(words) if len(words) > MANY else lambda content: any(word in content for word in words)
    return {str(path.relative_to(folder)) for path in files if holds(unpacked(path))}


def _one_of(words: Sequence[bytes]) -> Callable[[bytes], bool]:
    """Looks for many words at once, by the letter with which they all begin."""
    (letter,), (length,), wanted = {word[:1] for word in words}, {*map(len, words)}, {*words}
    shape = re.compile(b"(?=(%s.{%d}))" % (re.escape(letter), length - 1), re.DOTALL)
    return lambda content: any(one[1] in wanted for one in shape.finditer(content))
