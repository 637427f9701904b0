"""What another system is told of a tick's alerts: the part of its audience and reader, and no more."""

from collections.abc import Callable

import polars as pl

from stocking.acts.advise import ALERTS
from stocking.acts.audiences import VIEWS, Audience

_TO = ("to_session_id", "to_product_id", "value")
_AUDIENCES: dict[str, Audience] = {name: name for name in VIEWS}


class AudienceError(ValueError):
    """No such reader is known."""


def cut_for(audience: str, reader: str | None) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The cut of an audience; of one whose rows belong to a reader, the rows of that reader alone.

    Whose product a swap leads to is not known here, so a merchant is told neither that nor what it is worth.

    Raises:
        AudienceError: no such audience, or a reader where there is none, or none where there must be one.
    """
    if audience not in _AUDIENCES:
        raise AudienceError(f"no audience {audience!r}, expected one of {', '.join(VIEWS)}")
    view = VIEWS[_AUDIENCES[audience]]
    if (reader is None) != (view.reader is None):
        wanted = "no reader" if view.reader is None else f"a reader, its {view.reader}"
        raise AudienceError(f"a webhook for {audience}: found reader {reader!r}, expected {wanted}")
    mine = pl.lit(value=True) if view.reader is None else pl.col(view.reader) == reader
    wanted_kinds = pl.lit(value=True) if view.kinds is None else pl.col("kind").is_in(view.kinds)
    hidden = _TO if audience == "merchant" else ()
    columns = [name for name in ALERTS.names() if name in view.alerts]

    def cut(alerts: pl.DataFrame) -> pl.DataFrame:
        told = alerts.filter(mine, wanted_kinds)
        is_swap = pl.col("kind") == "swap"
        return told.with_columns(pl.when(~is_swap).then(pl.col(name)).alias(name) for name in hidden).select(columns)

    return cut
