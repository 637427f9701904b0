import json

import polars as pl

from models.nowcast.arrivals import Arrivals


def listing(minute, sold, sales, **more):
    return {"listing_minutes_open": minute, "sold_units": sold, "sales_units": sales, "censored": False} | more


def test_the_share_is_that_of_all_units_by_each_minute(moment):
    """By 5 minutes 3 + 1 of 10 + 10, by 30 minutes 9 + 6."""
    found = Arrivals.of(moment(listing(5, 3, 10), listing(5, 1, 10), listing(30, 9, 10), listing(30, 6, 10)))
    assert found == Arrivals((0.0, 5.0, 30.0, 60.0), (0.0, 0.2, 0.75, 1.0))


def test_what_sold_out_did_not_open_or_sold_nothing_says_nothing(moment):
    usual = listing(5, 2, 10)
    odd = [listing(5, 9, 9, censored=True), listing(None, 0, 10), listing(30, 0, 0)]
    assert Arrivals.of(moment(usual, *odd)) == Arrivals.of(moment(usual))


def test_it_never_falls_and_never_passes_one(moment):
    """At 30 minutes only a slow listing is left; at 60 more was ordered than stayed sold."""
    found = Arrivals.of(moment(listing(5, 8, 10), listing(30, 1, 10), listing(60, 12, 10)))
    assert found.shares == (0.0, 0.8, 0.8, 1.0, 1.0)


def test_it_ends_at_one_twice_as_late_as_was_seen_and_an_hour_after_opening_at_least(moment):
    assert Arrivals.of(moment(listing(5, 8, 10))).minutes == (0.0, 5.0, 60.0)
    assert Arrivals.of(moment(listing(240, 8, 10))).minutes == (0.0, 240.0, 480.0)


def test_of_nothing_it_says_that_all_comes_within_the_hour(moment):
    assert Arrivals.of(moment({}).clear()) == Arrivals((0.0, 60.0), (0.0, 1.0))


def test_a_simulated_season_gives_its_own_curve_back(nowcaster):
    """Demand comes by 1 - exp(-minutes / 20): 0.0488, 0.221 and 0.777 by 1, 5 and 30 minutes."""
    told = dict(zip(nowcaster.arrivals.minutes, nowcaster.arrivals.shares, strict=True))
    assert all(abs(told[minute] - share) < 0.01 for minute, share in ((1, 0.0488), (5, 0.2212), (30, 0.7769)))


def test_it_survives_json_and_is_told_as_a_frame():
    curve = Arrivals((0.0, 5.0, 60.0), (0.0, 0.4, 1.0))
    assert Arrivals.read(json.loads(json.dumps(curve.document()))) == curve
    assert curve.frame().equals(pl.DataFrame({"minutes": [0.0, 5.0, 60.0], "share": [0.0, 0.4, 1.0]}))
