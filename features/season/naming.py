"""From the codes of the simulation to the ids, words and instants of the contract."""

import polars as pl

from features.contract import INSTANT
from features.contracts import TABLES
from features.season.settings import SeasonSettings

HOUR_MICROSECONDS = 3_600_000_000


def ids(prefix: str, codes: str, digits: int) -> pl.Expr:
    """Codes as opaque ids: a letter and a padded number; null stays null."""
    return pl.format("{}{}", pl.lit(prefix), pl.col(codes).cast(pl.String).str.zfill(digits))


SESSION = ids("S", "session", 5)
PRODUCT = ids("P", "product", 4)
VIEWER = ids("V", "viewer", 6)


def word(words: tuple[str, ...], places: str) -> pl.Expr:
    """Places in a list of words as the words; null stays null."""
    return pl.lit(pl.Series(words)).gather(pl.col(places))


def instant(settings: SeasonSettings, hours: str | pl.Expr) -> pl.Expr:
    """Hours since the season's start as instants; null stays null."""
    since = pl.col(hours) if isinstance(hours, str) else hours
    start = int(settings.start.timestamp() * 1_000_000)
    return ((since * HOUR_MICROSECONDS).round().cast(pl.Int64) + start).cast(INSTANT)


def conform(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the contract's columns, types and order; what it lacks is null."""
    wanted = TABLES[name].dtypes
    missing = [pl.lit(None, dtype).alias(column) for column, dtype in wanted.items() if column not in frame.columns]
    return frame.with_columns(missing).select(wanted.names()).cast(wanted)
