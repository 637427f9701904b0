"""The key that turns viewers into pseudonyms: from the environment, else made once for a home."""

from pathlib import Path

from features.landing_files import LandingError
from features.privacy import Door
from flows.durable import folder
from flows.home_key import HomeKey, write_secret
from flows.tombstones import tombstones

VARIABLE = "BAOKUAN_VIEWER_KEY"
KEY = HomeKey(VARIABLE, "viewer.key", "viewers' pseudonyms")


def door(home: Path, *, keep_text: bool) -> Door:
    """The door of a home, with the key that its lake was filled with; it lets nobody pass who was forgotten.

    Raises:
        LandingError: the lake was filled with another key, under which the same viewers would look like others.
    """
    opened = Door(KEY.made(home), keep_text=keep_text, forgotten=tombstones(home))
    mark = folder(home / "lake") / ".viewer_key"
    if not mark.exists():
        write_secret(mark, opened.fingerprint().encode())
    if mark.read_text(encoding="ascii") != opened.fingerprint():
        raise LandingError(f"the viewer key is not the one that {home} was filled with; set {VARIABLE} to that one")
    return opened
