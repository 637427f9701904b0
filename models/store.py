"""Predictors on disk: text, JSON and one small table, each file's digest checked before anything reads it."""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from models.boosting import Grown
from models.canary import canary
from models.predictor import Predictor, read

MANIFEST, DOCUMENT, CANARY, FORMAT = "manifest.json", "predictor.json", "canary.parquet", 4
_NAME = re.compile(r"[a-z]+\.lgb|predictor\.json|canary\.parquet")


class DamagedPredictorError(ValueError):
    """A saved predictor's files are not those that were saved."""


class UnreadablePredictorError(ValueError):
    """A saved predictor is whole, but another version of baokuan saved it."""


def save(predictor: Predictor, folder: Path, features: pl.DataFrame) -> str:
    """Write a predictor into a folder that is empty or does not exist yet; answers with its digest.

    The same predictor always gives the same bytes.

    Args:
        predictor: to be kept.
        folder: of its files.
        features: a feature table that it reads; its last rows are kept with what the predictor says of them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = {"format": FORMAT, **predictor.document()}
    contents = {DOCUMENT: _json(document), CANARY: _table(canary(predictor, features))}
    contents |= {f"{name}.lgb": grown.text.encode() for name, grown in predictor.boosters.items()}
    manifest = {name: _digest(content) for name, content in sorted(contents.items())}
    for name, content in {**contents, MANIFEST: _json(manifest)}.items():
        (folder / name).write_bytes(content)
    return _digest((folder / MANIFEST).read_bytes())


def load(folder: Path, digest: str) -> Predictor:
    """The predictor in a folder, if every file is what it was when `digest` was given out.

    Raises:
        DamagedPredictorError: a file is missing, was cut or edited; LightGBM has not seen it then.
        UnreadablePredictorError: the files are those that were saved, but in another form than today's.
    """
    return _predictor(_contents(folder, digest))


def load_with_canary(folder: Path, digest: str) -> tuple[Predictor, pl.DataFrame]:
    """The same, with the rows that it must repeat.

    Raises:
        DamagedPredictorError, UnreadablePredictorError: as `load`.
    """
    contents = _contents(folder, digest)
    return _predictor(contents), pl.read_parquet(io.BytesIO(contents[CANARY]))


def damaged(folder: Path, digest: str) -> list[str]:
    """The names of a saved predictor's files that are missing or not what they were; nothing of them is loaded."""
    if not _is(folder / MANIFEST, digest):
        return [MANIFEST]
    manifest = json.loads((folder / MANIFEST).read_bytes())
    return [name for name, wanted in manifest.items() if not _is(folder / Path(name).name, wanted)]


def _is(path: Path, wanted: str) -> bool:
    return path.is_file() and _digest(path.read_bytes()) == wanted


def _contents(folder: Path, digest: str) -> Mapping[str, bytes]:
    manifest = json.loads(_checked(folder / MANIFEST, digest))
    strange = [name for name in manifest if not _NAME.fullmatch(name)]
    if strange or not {DOCUMENT, CANARY} <= manifest.keys():
        raise UnreadablePredictorError(f"{folder}: it is made of {sorted(manifest)}; train anew")
    contents = {name: _checked(folder / name, wanted) for name, wanted in manifest.items()}
    found = json.loads(contents[DOCUMENT]).get("format")
    if found != FORMAT:
        raise UnreadablePredictorError(f"{folder}: saved in format {found}, expected {FORMAT}; train anew")
    return contents


def _predictor(contents: Mapping[str, bytes]) -> Predictor:
    document = json.loads(contents[DOCUMENT])
    grown = {Path(name).stem: Grown(text.decode()) for name, text in contents.items() if name.endswith(".lgb")}
    try:
        return read(document, grown)
    except (KeyError, TypeError, ValueError) as error:  # its digest is right: it means what we no longer know
        raise UnreadablePredictorError(f"{DOCUMENT}: {type(error).__name__}: {error}; train anew") from None


def _checked(path: Path, wanted: str) -> bytes:
    if not path.is_file():
        raise DamagedPredictorError(f"{path}: missing from the saved predictor; fetch it from the registry again")
    content = path.read_bytes()
    found = _digest(content)
    if found != wanted:
        raise DamagedPredictorError(
            f"{path}: sha256 is {found[:12]}…, expected {wanted[:12]}…; fetch the predictor from the registry again"
        )
    return content


def _table(rows: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    rows.write_parquet(content)
    return content.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(document: Mapping[str, Any]) -> bytes:
    # Keys stay in their order: that of the category columns is the order in which the boosters read them.
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode()
