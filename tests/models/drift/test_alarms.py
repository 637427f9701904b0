from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.drift.alarms import alarms, evidence, needed
from models.drift.streams import CALIBRATION, COVERAGE, FEATURES, FEED, KINDS, PSI, STREAMS

BEGINS = date(2025, 3, 3)
NOTHING = pl.DataFrame(schema=PSI)


def stream(kind, name, scores, before):
    days = [BEGINS + timedelta(days=number - before) for number in range(len(scores))]
    return pl.DataFrame({"kind": kind, "stream": name, "day": days, "score": scores}, schema=STREAMS)


def calm(seed, days):
    return np.random.default_rng(seed).normal(size=days)


def test_a_behaviour_swap_is_noticed_within_ten_days_and_named(monitoring):
    swapped = calm(1, 70) - 4.0 * (np.arange(70) >= 45)
    told = pl.concat([stream(CALIBRATION, "ranking", swapped, 40), stream(COVERAGE, "outside", calm(2, 70), 40)])
    (alarm,) = alarms(evidence(told, BEGINS, monitoring), NOTHING, monitoring)
    assert (alarm.kind, alarm.streams) == (CALIBRATION, ("ranking",))
    assert 5 <= (alarm.since - BEGINS).days <= 15
    assert alarm.evidence >= needed(monitoring) == 80


def test_fewer_than_one_in_twenty_unchanging_worlds_raise_any_alarm(monitoring):
    """All four kinds at once, watched for two months each."""
    raised = 0
    for world in range(150):
        each = ((kind, place, n) for place, kind in enumerate(KINDS) for n in range(2))
        told = pl.concat([stream(kind, str(n), calm((world, place, n), 116), 56) for kind, place, n in each])
        far = pl.DataFrame([("price", "x", 1.0, True)], schema=PSI, orient="row")
        raised += bool(alarms(evidence(told, BEGINS, monitoring), far, monitoring))
    assert raised / 150 < 0.05


def test_features_that_hardly_moved_raise_no_alarm_however_sure_it_is(monitoring):
    told = evidence(stream(FEATURES, "price", np.r_[np.arange(40) % 7, np.full(20, 50)] * 1.0, 40), BEGINS, monitoring)
    hardly = pl.DataFrame([("price", "x", 0.05, True), ("life cycle", "y", 9.0, False)], schema=PSI, orient="row")
    far = pl.DataFrame([("price", "x", 0.3, True)], schema=PSI, orient="row")
    assert alarms(told, hardly, monitoring) == ()
    assert [one.kind for one in alarms(told, far, monitoring)] == [FEATURES]


@pytest.mark.parametrize("before", [0, 13])
def test_what_has_too_few_days_before_is_not_watched(monitoring, before):
    assert evidence(stream(FEED, "x", calm(1, 40), before), BEGINS, monitoring).height == 0


def test_on_a_day_on_which_a_stream_says_nothing_its_evidence_stays(monitoring):
    a, b = stream(FEED, "a", calm(1, 60), 40), stream(FEED, "b", calm(2, 41), 40)
    told = evidence(pl.concat([a, b]), BEGINS, monitoring)
    whole = told.filter(pl.col("stream").is_null())["evidence"].to_list()
    alone = told.filter(stream="a")["evidence"].to_list()
    (once,) = told.filter(stream="b")["evidence"].to_list()
    assert whole == pytest.approx([(one + once) / 2 for one in alone])


def test_the_order_of_rows_changes_nothing(monitoring):
    told = pl.concat([stream(FEED, "a", calm(1, 60), 40), stream(COVERAGE, "b", calm(2, 60), 40)])
    assert evidence(told.sample(fraction=1, shuffle=True, seed=3), BEGINS, monitoring).equals(
        evidence(told, BEGINS, monitoring)
    )
