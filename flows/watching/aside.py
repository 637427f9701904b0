"""What ticks brought goes into the lake, each row once, also if it is tried again after a kill."""

from flows.lake import Lake
from flows.watching.tick import Head, Tick


def set_aside(tick: Tick, lake: Lake) -> int:
    """Add a tick's bad rows to the lake's quarantine, if they are not there; how many were added.

    A file's faults go by the name that `baokuan ingest` gives them, so that whichever sees it first adds them.
    """
    if tick.bad.is_empty():
        return 0
    with lake.alone():
        named = {pair: source_of(tick.head, *pair) for pair in tick.bad.select("table", "file").unique().rows()}
        known = lake.known("quarantine", named.values())
        fresh = {pair: source for pair, source in named.items() if source not in known}
        of_fresh = [pair in fresh for pair in tick.bad.select("table", "file").iter_rows()]
        rows = tick.bad.filter(of_fresh)
        if rows.height:
            append = lake.append("quarantine", f"tick-{tick.head.number:012d}")
            append.add(rows)
            append.commit(sorted(fresh.values()), {})
        return rows.height


def source_of(head: Head, table: str, name: str) -> str:
    """The name of the transaction that the rows of a file, or those read from a database, come in with."""
    for one in head.files:
        if (one.table, one.name) == (table, name):
            return one.source
    return f"{table}:{head.cursors[table].digest}"
