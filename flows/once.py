"""How tables of our own grow: by whole commits, each taken in once, however often it is tried."""

import polars as pl

from flows.lake import Lake


def add_once(lake: Lake, name: str, rows: pl.DataFrame, source: tuple[str, str]) -> bool:
    """Add rows to a table by one commit, unless there are none or it has this commit; whether they are new.

    Its files sort as they were added. Whoever calls holds the lake.

    Args:
        lake: that holds the table.
        name: of the table.
        rows: all of its columns.
        source: a digest of what the rows came from, by which the commit is known, and its name.
    """
    digest, told = source
    if rows.is_empty() or lake.known(name, [digest]):
        return False
    append = lake.append(name, f"{lake.commits(name):012d}-{digest}")
    append.add(rows)
    append.commit([digest], {digest: told})
    return True
