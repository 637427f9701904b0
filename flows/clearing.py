"""How data files leave a table of the lake that nobody reads any more."""

from collections.abc import Iterable
from datetime import timedelta

from deltalake import CommitProperties, DeltaTable

from flows.delta_log import LOG, UNCHANGED
from flows.places import Place, settle_all, size_of


def cleared(table: DeltaTable, place: Place, keep: timedelta, pinned: Iterable[int]) -> tuple[int, int]:
    """Remove data files that neither the present version reads nor a pinned one, once they were so for a while.

    Returns:
        How many files, and their bytes.
    """
    wanted = {
        "retention_hours": int(keep / timedelta(hours=1)),
        "enforce_retention_duration": False,
        "full": True,
        "keep_versions": [one for one in pinned if one <= table.version()],
    }
    told = table.vacuum(dry_run=True, **wanted)
    gone = [size for size in (size_of(place / one) for one in told) if size is not None]
    if gone:
        table.vacuum(dry_run=False, commit_properties=CommitProperties(custom_metadata=UNCHANGED), **wanted)
        settle_all(place / LOG)
    return len(gone), sum(gone)
