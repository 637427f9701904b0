"""All that was known before an instant, out of the lake and out of rows that are on their way there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile

import polars as pl

from features.condensed import ACTED, IDS, condense, joined
from features.contracts import TABLES, Tables
from features.known import known_at, stock_known
from features.ledger import MICROSECONDS_A_MINUTE
from features.settings import Comments
from flows.condensing import Condensing
from flows.lake import Lake
from flows.places import Place, read_rows, scan_rows
from flows.site import Site
from flows.watching.tick import Tick

PLANS = ("sessions", "lineups", "products", "suppliers", "stock")


def minute_of(instant: datetime) -> datetime:
    """The begin of the minute that holds an instant."""
    return instant.replace(second=0, microsecond=0)


def rows_before(ticks: Iterable[Tick], number: int, sessions: Sequence[str]) -> dict[str, pl.DataFrame]:
    """All rows of the ticks before one, by table: events of some sessions only, plans of that tick, too."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for tick in takewhile(lambda one: one.head.number <= number, ticks):
        told = [name for name in tick.tables if tick.head.number < number or name in PLANS]
        for name, rows in ((name, tick.tables[name]) for name in told):
            of_these = rows.filter(pl.col("session_id").is_in(list(sessions))) if name == "events" else rows
            parts.setdefault(name, []).append(of_these)
    return {name: pl.concat(frames) for name, frames in parts.items()}


def known_before(site: Site, instant: datetime, more: Tables) -> Tables:
    """The landing tables as they were known before a whole minute, with their events condensed.

    Args:
        site: whose lake.
        instant: the begin of a minute.
        more: rows that the lake may not have yet; those that it has count once.
    """
    lake, lexicon = Lake(site.made()), site.settings().comments
    files = [path for paths in lake.parts("events").values() for path in paths]
    tables = lake.tables([name for name in TABLES if name != "events"])
    both = {name: pl.concat([frame, more.get(name, frame.clear())]) for name, frame in tables.items()}
    cut = {
        name: frame.filter(known_at(name) < instant if name != "stock" else stock_known(instant))
        for name, frame in both.items()
    }
    extra = more.get("events", TABLES["events"].empty())
    return {**cut, **_events(Condensing(site.made(), lexicon), files, extra, (instant, lexicon))}


def _events(
    condensing: Condensing, files: list[Place], extra: pl.DataFrame, at: tuple[datetime, Comments]
) -> dict[str, pl.DataFrame]:
    """Files of which all was known in time as they are kept condensed; of the others only what was."""
    instant, lexicon = at
    ids = {file: own for file in files if (own := _ids_if_all_before(condensing, file, instant)) is not None}
    rows = pl.concat([extra, *(_raw(file) for file in files if file not in ids)]).filter(known_at("events") < instant)
    while overruled := [file for file, own in ids.items() if _is_overruled(file, own, rows)]:
        ids = {file: own for file, own in ids.items() if file not in overruled}
        rows = pl.concat([rows, *map(_raw, overruled)])
    kept = condensing.events(list(ids))
    fresh = rows.filter(~pl.col("event_id").hash().is_in(kept[IDS]["id"].implode()))
    return joined([kept, condense(fresh, lexicon)])


def _raw(file: Place) -> pl.DataFrame:
    return read_rows([file])


def _ids_if_all_before(condensing: Condensing, file: Place, instant: datetime) -> pl.Series | None:
    """Hashes of a file's event ids; None where not all of it was learnt of before an instant."""
    part = condensing.events([file])
    minute = part[ACTED]["minute"].max()
    last = part["events"].select(known_at("events").max()).item()
    limit = int(instant.timestamp()) * 1_000_000 // MICROSECONDS_A_MINUTE
    before = (minute is None or minute < limit) and (last is None or last < instant)  # type: ignore[operator]
    return part[IDS]["id"] if before else None


def _is_overruled(file: Place, ids: pl.Series, rows: pl.DataFrame) -> bool:
    """Whether some of its events are told as early by other rows, which then may be those that count."""
    here = rows.filter(pl.col("event_id").hash().is_in(ids.implode())).select("event_id", here=known_at("events"))
    if here.is_empty():
        return False
    there = scan_rows([file]).select("event_id", there=known_at("events")).collect()
    return bool(here.join(there, on="event_id").select((pl.col("here") <= pl.col("there")).any()).item())
