"""How long people's data stays: viewers and their words go after so many days, raw actions after some more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from prefect import flow

from flows.data import instant_as_scheduled
from flows.erasing import Erasure, erase_each, nameless
from flows.lake import Lake
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.summaries import page, published


@dataclass(frozen=True)
class Retained:
    """What was erased, a sentence each."""

    told: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return self.told or ("nothing is older than it may be kept",)


@flow(name="retain", flow_run_name=run_name)
def retain_as_scheduled(site: Site) -> Retained:
    """Erase what is older, at the moment for which the run was scheduled, than it may be kept."""
    done = step(retain)(site, instant_as_scheduled(None))
    step(publish)(done)
    return done


def publish(done: Retained) -> str:
    """A page of this run, beside it in Prefect: how many rows, not whose."""
    return published("retention", page("Retention", {}, done.sentences()))


def retain(site: Site, at: datetime) -> Retained:
    """Erase from the lake what is older than the configuration lets it be; a second time changes nothing.

    Args:
        site: whose lake.
        at: the moment that ages are counted from.
    """
    limits = site.settings().retention
    wanted = [*_dropped(limits.event_days, at), *_unnamed(limits.viewer_days, at)]
    lake = Lake(site.made())
    with site.alone(), lake.alone():
        done = erase_each(lake, [one for _, one in wanted])
    told = [what for what, _ in wanted]
    return Retained(tuple(f"{what}: {rows:,} rows" for what, rows in zip(told, done, strict=True) if rows))


def _dropped(days: float | None, at: datetime) -> list[tuple[str, Erasure]]:
    if days is None:
        return []
    limit = at - timedelta(days=days)
    erasure = Erasure("events", pl.col("ts") < limit, pl.DataFrame.clear, (limit + timedelta(days=1)).date())
    return [(f"events before {limit:%Y-%m-%d %H:%M} UTC removed", erasure)]


def _unnamed(days: float | None, at: datetime) -> list[tuple[str, Erasure]]:
    if days is None:
        return []
    limit = at - timedelta(days=days)
    until = (limit + timedelta(days=1)).date()
    named = {
        "returns": pl.col("reason").is_not_null(),
        "orders": pl.col("viewer_id").is_not_null(),
        "events": pl.col("viewer_id").is_not_null() | pl.col("text").is_not_null(),
    }
    return [
        (f"{name} before {limit:%Y-%m-%d %H:%M} UTC without viewers and words", Erasure(
            name, hit & (pl.col("ts") < limit), nameless, until))
        for name, hit in named.items()
    ]  # fmt: skip
