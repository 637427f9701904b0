"""The sessions of some days, looked at again as they ran, with the predictor that served before them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from features.labels import hit_labels, outcomes
from features.listings import ahead
from features.table import Ready
from flows.registry import Registry
from flows.serving import Serving, serving
from flows.site import Site
from flows.tracking import PREDICTIONS
from models.dataset import LISTING, ROW, TRUTH
from models.grid import FORECAST
from models.nowcast.lessons import lessons
from models.nowcast.seen import SEEN
from models.nowcast.view import view
from models.train import CHALLENGER
from models.truth import happened

DAY = timedelta(days=1)
Frame = pl.DataFrame


@dataclass(frozen=True, eq=False)
class Week:
    """The days after one cutoff.

    Attributes:
        site, ready, serving: the home, its lake made ready, and the predictor that served at the cutoff.
        cutoff: where the days begin.
        past: from what rivals learn (`lessons`).
        planned: the listings of those days with the forecast of the day before, and what became of them.
    """

    site: Site
    ready: Ready
    serving: Serving
    cutoff: datetime
    past: Frame
    planned: Frame


def week(site: Site, ready: Ready, cutoff: datetime, asked: tuple[int, Frame | None]) -> Week:
    """What is looked at again."""
    days, truth = asked
    tables = ready.tables
    config, served = site.settings(), serving(site, cutoff)
    with TemporaryDirectory() as scratch:
        kept = Registry(site).fetched(served.version.run_id, PREDICTIONS, Path(scratch))
        judged = pl.read_parquet(kept).filter(predictor=CHALLENGER)
    sensing = config.sensing()
    past = lessons(tables, judged, sensing, config.models.nowcast)
    origins = pl.DataFrame({"cutoff": [cutoff + DAY * k for k in range(days)]}, {"cutoff": pl.Datetime("us", "UTC")})
    listings = ahead(tables, origins, DAY)
    told = served.predictor.forecast(ready.features(listings)).drop(ROW)
    finished = outcomes(tables, cutoff + DAY * (days + 2), sensing)
    ended = happened(finished, listings, truth)
    planned = listings.select(*ROW, "scheduled_at", "is_new_product").hstack(told)
    known = planned.join(ended.drop("scheduled_at"), on=LISTING, maintain_order="left")
    return Week(site, ready, served, cutoff, past, hit_labels(finished, known, sensing.labels))


def looked_at(one: Week, rows: Frame) -> Frame:
    """Listings at instants within their sessions, as `lessons` has them.

    Args:
        one: the week that they are of.
        rows: session_id, product_id and cutoff, in any order.
    """
    asked = rows.select(ROW).sort("cutoff", *LISTING)
    features = asked.hstack(one.ready.features(asked, SEEN).drop(ROW))
    told = view(features, one.planned.select(*LISTING, "hit_bar_units", *FORECAST))
    truth = one.planned.select(*LISTING, *(name for name in TRUTH if name not in told.columns))
    return told.join(truth, on=LISTING, how="left", maintain_order="left")
