"""Predictors are signed when they are registered, with a key that MLflow never sees; no other is opened.

A digest says that files are what MLflow's record says; whoever can write that record can write another digest. The
signature says that the record is one that this home, or one with the same key, made.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

from flows.home_key import HomeKey
from flows.version import Version

KEY = HomeKey("BAOKUAN_MODEL_KEY", "model.key", "signatures of predictors")
UNSIGNED = "it is not signed"
_FORM = "baokuan predictor 1"


def signature(home: Path, name: str, as_of: datetime, digest: str) -> str:
    """HMAC-SHA256 by which a predictor's record is known again, with the home's key, made if there is none.

    Args:
        home: whose key.
        name: of the registered predictor, which names the market.
        as_of: the cutoff of its training.
        digest: of the manifest of its files.
    """
    return _signed(KEY.made(home), name, as_of, digest)


def doubt(home: Path, version: Version) -> str:
    """What is wrong with a version's signature, in words; empty where it is right."""
    vouch = f"if it is one of yours, `baokuan sign {version.number}` vouches for it"
    if not version.signature:
        return f"{UNSIGNED}: {vouch}"
    key = KEY.read(home)
    if key is None:
        return f"it is signed with another home's key: set {KEY.variable} to that; {vouch}"
    right = _signed(key, version.name, version.as_of, version.digest)
    if not hmac.compare_digest(right.encode(), version.signature.encode()):
        return f"its signature is wrong: its record was changed, or it has another key than {KEY.variable}; {vouch}"
    return ""


def _signed(key: bytes, name: str, as_of: datetime, digest: str) -> str:
    told = json.dumps([_FORM, name, as_of.astimezone(UTC).isoformat(), digest])
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
