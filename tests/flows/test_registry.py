"""Who serves: champions, challengers, those before them, and going back."""

import pytest
from recorded import FIRST, FOURTH, SECOND, THIRD, registered

from flows.registry import NoPredictorError
from flows.train import into_service


def test_before_anything_was_trained_nothing_is_in_service(registry):
    assert registry.champion() is None
    assert registry.pick(THIRD) is None


def test_a_challenger_is_not_in_service(registry, saved):
    registered(registry, saved, FIRST, served=False)
    assert registry.pick(THIRD) is None


def test_the_champion_serves_cutoffs_from_its_own_on_and_none_before(registry, saved):
    version = registered(registry, saved, SECOND, served=True)
    assert registry.champion() == version
    assert registry.pick(SECOND) == version
    assert registry.pick(THIRD) == version
    assert registry.pick(FIRST) is None


def test_an_earlier_cutoff_is_served_by_the_champion_of_its_time(registry, saved):
    old, new = registered(registry, saved, FIRST, served=True), registered(registry, saved, THIRD, served=True)
    assert registry.pick(SECOND) == old
    assert registry.pick(THIRD) == new


def test_a_predictor_for_an_earlier_cutoff_does_not_take_over_from_a_newer_one(registry, saved):
    new = registered(registry, saved, THIRD, served=True)
    old = registered(registry, saved, FIRST, served=True)
    assert registry.champion() == new
    assert registry.pick(SECOND) == old


def test_an_earlier_cutoff_is_served_by_who_served_last_even_if_another_had_seen_more(registry, saved):
    older, newer, newest = (registered(registry, saved, as_of, served=True) for as_of in (FIRST, SECOND, FOURTH))
    registry.appoint(older, {"promoted_because": "the others are too low"})
    registry.appoint(newest, {"promoted_because": "it is not"})
    assert registry.fitting(FOURTH) == [newest, older, newer]
    assert registry.fitting(THIRD) == [older, newer]


def test_what_was_trained_for_an_earlier_cutoff_serves_it_after_those_that_took_over(registry, saved):
    first, _ = registered(registry, saved, FIRST, served=True), registered(registry, saved, FOURTH, served=True)
    backdated = [registered(registry, saved, as_of, served=True) for as_of in (SECOND, THIRD)]
    assert registry.fitting(THIRD) == [first, backdated[1], backdated[0]]


def test_a_version_for_an_earlier_cutoff_is_called_champion_only_if_it_serves_that(registry, saved):
    registered(registry, saved, SECOND, served=True)
    registered(registry, saved, FOURTH, served=True)
    serves, why = into_service(registry, registered(registry, saved, THIRD, served=False))
    assert (serves, len(why)) == (False, 1)
    serves, why = into_service(registry, registered(registry, saved, FIRST, served=False))
    assert (serves, len(why)) == (True, 1)
    assert "stays champion of today: demand-predictor-default/4 serves only moments before 2024-06-22" in why[0]
    assert into_service(registry, registered(registry, saved, FOURTH + (FOURTH - THIRD), served=False)) == (True, ())


def test_a_beaten_challenger_never_serves_even_if_it_is_newer(registry, saved):
    old = registered(registry, saved, FIRST, served=True)
    registered(registry, saved, SECOND, served=False)
    assert registry.pick(THIRD) == old


def rolled_back(registry, told=None):
    """The champion withdrawn, and the one before it that took over."""
    champion, formers = registry.formers()
    registry.go_back(champion, formers[0], told or {})
    return champion, formers[0]


def test_rolling_back_returns_to_the_champion_before_and_again_to_the_one_before_that(registry, saved):
    one, two, three = (registered(registry, saved, as_of, served=True) for as_of in (FIRST, SECOND, THIRD))
    assert rolled_back(registry, {"withdrawn_because": "too low"}) == (three, two)
    assert registry.champion() == two
    assert rolled_back(registry) == (two, one)
    assert registry.champion() == one
    assert registry.pick(THIRD) == one
    with pytest.raises(NoPredictorError, match="the first"):
        rolled_back(registry)
    assert registry.champion() == one


def test_a_withdrawn_version_serves_no_cutoff_not_even_one_of_its_own_time(registry, saved):
    for as_of in (FIRST, SECOND, THIRD):
        registered(registry, saved, as_of, served=True)
    rolled_back(registry)
    rolled_back(registry)
    assert [one.number for one in registry.fitting(THIRD)] == [1]
    tags = registry.client.get_model_version(registry.name, "3").tags
    assert tags["served"] == "withdrawn"


def test_who_withdrew_a_version_and_why_is_kept_with_it(registry, saved):
    registered(registry, saved, FIRST, served=True)
    registered(registry, saved, SECOND, served=True)
    rolled_back(registry, {"withdrawn_by": "ana", "withdrawn_because": "too low"})
    tags = registry.client.get_model_version(registry.name, "2").tags
    assert (tags["withdrawn_by"], tags["withdrawn_because"]) == ("ana", "too low")


def test_by_hand_an_older_version_takes_over_and_rolling_back_returns_to_who_served_then(registry, saved):
    old, new = registered(registry, saved, FIRST, served=True), registered(registry, saved, THIRD, served=True)
    registry.appoint(old, {"promoted_because": "the new one is too low"})
    assert registry.champion() == old
    assert registry.pick(THIRD) == old
    assert rolled_back(registry) == (old, new)
    assert registry.champion() == new
    with pytest.raises(NoPredictorError):
        rolled_back(registry)


def test_a_withdrawn_version_serves_again_once_it_is_put_into_service_by_hand(registry, saved):
    old, new = registered(registry, saved, FIRST, served=True), registered(registry, saved, SECOND, served=True)
    rolled_back(registry, {"withdrawn_by": "ana", "withdrawn_because": "too low"})
    registry.appoint(new, {})
    assert registry.pick(SECOND) == new
    tags = registry.client.get_model_version(registry.name, str(new.number)).tags
    assert [name for name in tags if name.startswith("withdrawn_")] == []
    assert rolled_back(registry) == (new, old)


def test_a_challenger_put_into_service_by_hand_can_be_rolled_back(registry, saved):
    old = registered(registry, saved, FIRST, served=True)
    beaten = registered(registry, saved, SECOND, served=False)
    registry.appoint(beaten, {})
    assert registry.pick(THIRD) == beaten
    assert rolled_back(registry) == (beaten, old)


def test_a_predictor_for_an_earlier_cutoff_was_never_the_champion_to_go_back_to(registry, saved):
    middle, new = registered(registry, saved, SECOND, served=True), registered(registry, saved, THIRD, served=True)
    registered(registry, saved, FIRST, served=True)
    assert rolled_back(registry) == (new, middle)


def test_a_predictor_for_an_earlier_cutoff_does_not_become_the_champion_of_today_by_a_rollback(registry, saved):
    champion = registered(registry, saved, SECOND, served=True)
    registered(registry, saved, FIRST, served=True)
    with pytest.raises(NoPredictorError, match=f"{champion} is the first"):
        registry.formers()


def test_records_of_old_without_turns_go_back_by_cutoff(registry, saved):
    versions = [registered(registry, saved, as_of, served=True) for as_of in (SECOND, FIRST, THIRD)]
    for one in versions:
        registry.client.set_model_version_tag(registry.name, str(one.number), "turn", "0")
    assert registry.formers() == (versions[2], [versions[0], versions[1]])


def test_after_a_rollback_a_newly_trained_version_takes_over_as_usual(registry, saved):
    old = registered(registry, saved, FIRST, served=True)
    registered(registry, saved, SECOND, served=True)
    rolled_back(registry)
    new = registered(registry, saved, THIRD, served=True)
    assert registry.champion() == new
    assert rolled_back(registry) == (new, old)


def test_a_version_that_is_not_there_is_told(registry, saved):
    with pytest.raises(NoPredictorError, match="none is registered"):
        registry.version(1)
    registered(registry, saved, FIRST, served=True)
    with pytest.raises(NoPredictorError, match="the newest is 1"):
        registry.version(7)
