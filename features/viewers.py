"""How many different viewers: exact, in any window at any cutoff, by two look-ups.

Each viewer's active minutes are stretched by the window's length w and merged into stretches. At a cutoff c as many
viewers were there in [c - w, c) as stretches began before c less stretches whose last active minute lies before c - w.
"""

from collections.abc import Iterable

import numpy as np

from features.ledger import Entries, Ints, ascending

FAR = np.iinfo(np.int64).max


def came(length: int | None) -> str:
    """Under which name a ledger holds the stretches that began."""
    return f"viewers came {length}"


def left(length: int | None) -> str:
    """Under which name a ledger holds the stretches that ended."""
    return f"viewers left {length}"


def stretches(of: Entries, viewer: Ints, row: Ints, lengths: Iterable[int | None]) -> dict[str, Ints]:
    """For each window, how many viewers' stretches begin and end with each entry.

    Args:
        of: the entries of an entity.
        viewer: code of each viewer seen; not negative.
        row: the row, of those that the entries were made of, in which each was seen.
        lengths: of the windows, in minutes; None for all time, in which no stretch ends.
    """
    who, entry = sightings(viewer, of.entry[row])
    code, minute = of.code[entry], of.minute[entry]
    same = (who[1:] == who[:-1]) & (code[1:] == code[:-1])
    gap = np.where(same, minute[1:] - minute[:-1], FAR)
    told: dict[str, Ints] = {}
    for length in lengths:
        apart = np.flatnonzero(gap > (FAR - 1 if length is None else length))
        told[came(length)] = _counted(np.concatenate((entry[:1], entry[1:][apart])), of)
        told[left(length)] = _counted(np.concatenate((entry[:-1][apart], entry[-1:])), of)
    return told


def sightings(viewer: Ints, place: Ints) -> tuple[Ints, Ints]:
    """Each pair of viewer and place once, by viewer and then by place; negative places are left out."""
    bits = int(place.max(initial=0)).bit_length()
    packed = (viewer << bits | place)[place >= 0]
    packed = packed if ascending(packed) else np.sort(packed)
    once = packed[np.diff(packed, prepend=-1) != 0]
    return once >> bits, once & ((1 << bits) - 1)


def _counted(entry: Ints, of: Entries) -> Ints:
    return np.bincount(entry, minlength=len(of.code)).astype(np.int64)
