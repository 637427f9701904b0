from collections.abc import Callable
from datetime import timedelta

import pytest
from small_lexicon import LEXICON
from small_world import day, filled, listing, order, product, session

from features.contracts import Tables, empty_tables
from features.settings import FeatureSettings, Festival, LabelSettings, Market, Sensing


@pytest.fixture(scope="session")
def sensing() -> Sensing:
    return Sensing(
        market=Market(name="test", timezone="Asia/Shanghai", currency="CNY", country="CN"),
        features=FeatureSettings(
            default_session_minutes=240,
            return_maturity_days=14,
            festivals=(Festival(name="618", month=6, day=18, lead_days=18),),
        ),
        labels=LabelSettings(
            hit_share=0.1, hit_window_days=28, settle_minutes=0, max_rebuild=6.0, min_available_share=0.2
        ),
        comments=LEXICON,
    )


@pytest.fixture
def world() -> Callable[..., Tables]:
    """Tables out of lists of rows; what is not said is empty or null."""

    def build(**tables: list[dict[str, object]]) -> Tables:
        return dict(empty_tables()) | {name: filled(name, rows) for name, rows in tables.items()}

    return build


@pytest.fixture
def three_evenings(world: Callable[..., Tables]) -> Tables:
    """One product, shown on days 0, 1 and 2, selling 5, 7 and 9; and planned for day 4."""
    return world(
        sessions=[session(f"S{n}", n) for n in (0, 1, 2)] + [session("S4", 4, started_at=None, ended_at=None)],
        lineups=[listing(f"S{n}", "P", n) for n in (0, 1, 2, 4)],
        products=[product("P")],
        orders=[order(f"S{n}", "P", day(n) + timedelta(minutes=10), 5 + 2 * n) for n in (0, 1, 2)],
    )
