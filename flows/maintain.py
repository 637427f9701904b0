"""The weekly upkeep of the lake: small files joined, states written down, what nobody reads any more removed."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from prefect import flow

from flows.condensing import Condensing
from flows.copies import AwayError
from flows.joining import JOINED, join
from flows.lake import Lake
from flows.registry import Registry, away_told
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.summaries import page, published
from flows.tracking import versions_read

LOG = logging.getLogger("baokuan.maintain")


@dataclass(frozen=True)
class Pinned:
    """Versions of tables that stay readable.

    Attributes:
        versions: by table.
        away: why MLflow could not be asked, so that nothing may be removed; empty where it could.
    """

    versions: Mapping[str, frozenset[int]]
    away: str = ""


@dataclass(frozen=True)
class Maintained:
    """What was done.

    Attributes:
        joined: how many files of each table were made fewer.
        removed: how many files of each table, and their bytes.
        pinned: what had to stay.
    """

    joined: Mapping[str, int]
    removed: Mapping[str, tuple[int, int]]
    pinned: Pinned

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        joined = [f"{name}: {files:,} files joined" for name, files in self.joined.items() if files]
        removed = [f"{name}: {files:,} files ({size:,} bytes) removed" for name, (files, size) in self.removed.items()]
        away = [f"nothing was removed: {self.pinned.away}"] if self.pinned.away else []
        return [*joined, *removed, *away] or ["nothing was to be done"]


@flow(name="maintain", flow_run_name=run_name)
def maintain(site: Site) -> Maintained:
    """Join small files, write down each table's state, remove what nobody reads any more."""
    with site.alone():
        pinned = step(pins)(site)
        joined = step(join_files)(site)
        removed = step(remove_old)(site, pinned)
        return step(publish)(Maintained(joined, removed, pinned))


def pins(site: Site) -> Pinned:
    """The versions that the training runs of the champion and of former champions read, as MLflow has them."""
    try:
        with away_told():
            registry = Registry(site)
            served = [one for one in registry.versions() if one.served or one.turn]
            read = [versions_read(registry, one.run_id) for one in served if one.run_id]
    except AwayError as error:
        return Pinned({}, f"MLflow could not be asked which versions must stay ({error})")
    return Pinned({name: frozenset(one[name] for one in read if name in one) for name in JOINED})


def join_files(site: Site) -> dict[str, int]:
    """Make many files of a day one, and write down the state of every such table."""
    lake, least = Lake(site.made()), site.settings().maintain.join_files
    with lake.alone():
        joined = {name: join(lake, name, least) for name in JOINED if lake.has(name)}
        for name, files in joined.items():
            lake.checkpoint(name)
            LOG.info("%s: %d files joined", name, files)
    events = [path for paths in lake.parts("events").values() for path in paths]
    Condensing(site.made(), site.settings().comments).keep_only(events)
    return joined


def remove_old(site: Site, pinned: Pinned) -> dict[str, tuple[int, int]]:
    """Remove files that were not read for long enough, of tables that have any; how many, and their bytes."""
    lake, keep = Lake(site.made()), timedelta(days=site.settings().maintain.keep_days)
    if pinned.away:
        LOG.warning("nothing is removed: %s", pinned.away)
        return {}
    with lake.alone():
        gone = {name: lake.clear(name, keep, pinned.versions[name]) for name in JOINED if lake.has(name)}
    return {name: sizes for name, sizes in gone.items() if sizes[0]}


def publish(done: Maintained) -> Maintained:
    """A page beside the run."""
    facts = {name: ", ".join(map(str, sorted(kept))) for name, kept in done.pinned.versions.items() if kept}
    published("maintenance", page("Upkeep of the lake", {"versions kept": facts or "none"}, done.sentences()))
    return done
