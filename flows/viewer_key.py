"""The key that turns viewers into pseudonyms: from the environment, else made once for a home."""

from pathlib import Path

from features.landing_files import LandingError
from features.privacy import Door
from flows.home_key import HomeKey, write_secret
from flows.places import Place, answering, folder, place_of
from flows.tombstones import tombstones

VARIABLE = "BAOKUAN_VIEWER_KEY"
KEY = HomeKey(VARIABLE, "viewer.key", "viewers' pseudonyms")


def door(home: Path, *, keep_text: bool) -> Door:
    """The door of a home, with the key that its lake was filled with; it lets nobody pass who was forgotten.

    Raises:
        LandingError: the lake was filled with another key, under which the same viewers would look like others.
    """
    opened = Door(KEY.made(home), keep_text=keep_text, forgotten=tombstones(home))
    root = place_of(home)
    with answering(root):
        mark = folder(root) / ".viewer_key"
        if not mark.exists():
            _write(mark, opened.fingerprint())
        if mark.read_text(encoding="ascii") != opened.fingerprint():
            raise LandingError(f"the viewer key is not the one that {root} was filled with; set {VARIABLE} to that one")
    return opened


def _write(mark: Place, fingerprint: str) -> None:
    if isinstance(mark, Path):
        write_secret(mark, fingerprint.encode())
    else:
        mark.write_text(fingerprint, encoding="ascii")
