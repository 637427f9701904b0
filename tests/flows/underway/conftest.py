"""Homes with a lake and a simple predictor, made without an orchestrator or a registry."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random

import polars as pl
import pytest
from small_world import day, filled, listing, order, product, session

from features.contracts import TABLES, Tables, empty_tables
from flows.config import load
from flows.lake import Lake
from flows.serving import Serving
from flows.site import Site
from flows.underway.planned import Planning
from flows.version import Version
from models.dataset import build
from models.predictor import Predictor
from models.train import fit

MINUTE = timedelta(minutes=1)
BEGINS = day(7)
AHEAD = {"started_at": None, "ended_at": None}


@pytest.fixture(scope="session")
def fill() -> Callable[..., None]:
    return _fill


@pytest.fixture(scope="session")
def make_site(tmp_path_factory) -> Callable[..., Site]:
    """A home of a name whose lake holds tables, each in so many deliveries."""

    def make(name: str, tables: Mapping[str, pl.DataFrame], deliveries: int = 1) -> Site:
        site = Site(home=tmp_path_factory.mktemp(name))
        for number in range(deliveries):
            part = {table: _part(rows, number, deliveries) for table, rows in tables.items()}
            _fill(site, part, f"delivery{number}")
        return site

    return make


def _part(rows: pl.DataFrame, number: int, of: int) -> pl.DataFrame:
    """A share of the rows, whatever their order; versions of one may come in several deliveries."""
    mine = [Random(repr(row)).randrange(of) == number for row in rows.iter_rows()]
    return rows.filter(pl.Series(mine, dtype=pl.Boolean))


def _fill(site: Site, tables: Mapping[str, pl.DataFrame], stem: str) -> None:
    """Put rows into the lake as ingest lays them out."""
    lake = Lake(site.made())
    for name, rows in tables.items():
        column = TABLES[name].day_of
        dated = rows.with_columns(_day=pl.col(column).dt.date() if column else pl.lit(None, pl.Date))
        append = lake.append(name, stem)
        for (date,), own in dated.partition_by("_day", as_dict=True, include_key=False).items():
            append.add(own, date)
        if rows.height:
            append.commit([stem], {stem: stem})


@pytest.fixture(scope="session")
def evening() -> Tables:
    """Six evenings of P, Q and R that are over, and two sessions of the seventh noon, in two rooms, of the same P."""
    past = [(f"S{number}", number) for number in range(6)]
    rows = {
        "sessions": [
            *(session(name, number) for name, number in past),
            session("now", 7, **AHEAD),
            session("beside", 7, room_id="R2", anchor_id="B", **AHEAD),
        ],
        "lineups": [
            *(listing(name, thing, number) for name, number in past for thing in "PQR"),
            listing("now", "P", 7, position=1, units_offered=90),
            listing("now", "Q", 7, position=2, price=20.0),
            *(listing("beside", thing, 7) for thing in "PQR"),
        ],
        "products": [product(thing, supplier_id="U", unit_cost=4.0) for thing in "PQR"],
        "orders": [
            order(name, thing, day(number) + 10 * MINUTE, 3 + 2 * number)
            for name, number in past for thing in "PQ"
        ],
        "stock": [
            {"product_id": "P", "as_of": day(6), "on_hand_units": 40, "inbound_units": 5},
            {"product_id": "P", "as_of": day(6.5), "on_hand_units": 30, "inbound_units": 5},
            {"product_id": "P", "as_of": day(7.5), "on_hand_units": 1, "inbound_units": 5},
        ],
    }  # fmt: skip
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


@pytest.fixture(scope="session")
def predictor(evening) -> Predictor:
    """The simple forecast, of what six evenings came to."""
    config = load()
    dataset = build(evening, day(6), config.sensing(), config.models)
    return fit(dataset, config.models, config.labels.hit_share)


@pytest.fixture(scope="session")
def make_planning(predictor) -> Callable[[Site], Planning]:
    """Plans of a home, told by that predictor."""

    def make(site: Site) -> Planning:
        version = Version("demand", 1, predictor.as_of, "0" * 64)
        return Planning(site, Serving(version, predictor, ()), site.settings().sensing())

    return make
