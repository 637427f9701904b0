"""A home that an earlier release made becomes one of this release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.contracts import TABLES
from flows.lake import Lake
from flows.own_tables import OWN
from flows.site import Site


@dataclass(frozen=True)
class Upgraded:
    """What was changed: by table, the columns that it got and how many files were written anew."""

    tables: Mapping[str, tuple[Sequence[str], int]]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        told = [
            f"{name}: {', '.join(columns)} added, {files} files written anew"
            for name, (columns, files) in self.tables.items()
        ]
        return told or ["every table of the lake has today's columns"]


def upgrade(site: Site) -> Upgraded:
    """Give every table of the lake today's columns; what was never known of earlier rows stays empty."""
    with site.alone():
        lake = Lake(site.made())
        with lake.alone():
            lacking = {name: lake.outdated(name) for name in (*TABLES, *OWN)}
            return Upgraded({name: (columns, lake.upgrade(name)) for name, columns in lacking.items() if columns})
