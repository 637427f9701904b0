"""Predictors on disk: text and JSON only, each file's digest checked before anything reads it."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from models.boosting import Grown
from models.predictor import Predictor, read

MANIFEST, DOCUMENT, FORMAT = "manifest.json", "predictor.json", 1
_NAME = re.compile(r"[a-z]+\.lgb|predictor\.json")


class DamagedPredictorError(ValueError):
    """A saved predictor's files are not those that were saved."""


def save(predictor: Predictor, folder: Path) -> str:
    """Write a predictor into a folder that is empty or does not exist yet; answers with its digest.

    The same predictor always gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {DOCUMENT: _json({"format": FORMAT, **predictor.document()})}
    if predictor.learnt:
        contents |= {f"{name}.lgb": grown.text for name, grown in predictor.learnt.forest.boosters.items()}
    manifest = {name: _digest(text.encode()) for name, text in sorted(contents.items())}
    for name, text in {**contents, MANIFEST: _json(manifest)}.items():
        (folder / name).write_bytes(text.encode())
    return _digest((folder / MANIFEST).read_bytes())


def load(folder: Path, digest: str) -> Predictor:
    """The predictor in a folder, if every file is what it was when `digest` was given out.

    Raises:
        DamagedPredictorError: a file is missing, was cut or edited; LightGBM has not seen it then.
    """
    manifest = json.loads(_checked(folder / MANIFEST, digest))
    strange = [name for name in manifest if not _NAME.fullmatch(name)]
    if strange:
        raise DamagedPredictorError(f"{folder}: the manifest names {strange}; register the predictor anew")
    texts = {name: _checked(folder / name, wanted) for name, wanted in manifest.items()}
    document = json.loads(texts.pop(DOCUMENT))
    if document.pop("format") != FORMAT:
        raise DamagedPredictorError(f"{folder}: saved by another version of baokuan; train anew")
    return read(document, {name.removesuffix(".lgb"): Grown(text) for name, text in texts.items()})


def _checked(path: Path, wanted: str) -> str:
    if not path.is_file():
        raise DamagedPredictorError(f"{path}: missing from the saved predictor; fetch it from the registry again")
    content = path.read_bytes()
    found = _digest(content)
    if found != wanted:
        raise DamagedPredictorError(
            f"{path}: sha256 is {found[:12]}…, expected {wanted[:12]}…; fetch the predictor from the registry again"
        )
    return content.decode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
