import shutil

import pytest

from flows.cli import main
from flows.promote import ServiceError, promote, put_into_service, rollback
from flows.registry import NoPredictorError, Registry
from flows.site import Site


@pytest.fixture
def site(ran, tmp_path):
    """A copy of a home in which version 2, with the same files as version 1, serves."""
    site = Site(home=tmp_path / "home", config=ran[0].config)
    shutil.copytree(ran[0].home, site.home)
    registry = Registry(site)
    first = registry.version(1)
    told = {"as_of": first.as_of.isoformat(), "digest": first.digest, "verdict": "the challenger takes over"}
    source = registry.client.get_model_version(registry.name, "1").source
    registry.client.create_model_version(registry.name, source, run_id=first.run_id, tags=told)
    registry.promote(registry.version(2))
    return site


def test_an_older_version_goes_into_service_and_back_with_who_and_why(site):
    registry = Registry(site)
    assert promote(site, 1, "the new one is too low").serving.number == 1
    tags = registry.client.get_model_version(registry.name, "1").tags
    assert tags["promoted_because"] == "the new one is too low"
    assert {"promoted_by", "promoted_at"} <= tags.keys()
    told = rollback(site, "it was not")
    assert (told.before.number, told.serving.number) == (1, 2)
    assert registry.champion().number == 2
    assert registry.client.get_model_version(registry.name, "1").tags["withdrawn_because"] == "it was not"


def test_what_the_rules_said_of_it_is_told(site):
    rollback(site, "to try")
    told = promote(site, 2, "on second thoughts")
    assert "what the rules said when demand-predictor/2 was trained: the challenger takes over" in told.sentences()


def test_the_champion_cannot_be_promoted_again(site):
    with pytest.raises(ServiceError, match="in service already"):
        put_into_service(site, 2, "because")


def test_there_is_nothing_before_the_first(site):
    rollback(site, "once")
    with pytest.raises(NoPredictorError, match="no champion to go back to"):
        rollback(site, "twice")
    assert Registry(site).champion().number == 1


def test_at_the_terminal_both_say_who_serves_now(site, capsys):
    for arguments, serving in ((["promote", "1"], 1), (["rollback"], 2)):
        with pytest.raises(SystemExit) as left:
            main([*arguments, "--reason", "to try", "--home", str(site.home)])
        told = capsys.readouterr()
        assert left.value.code == 0, told.err
        assert told.out.startswith(f"demand-predictor/{serving} (as of ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["promote", "9", "--reason", "r"], "no version 9"),
        (["promote", "1"], "--reason"),
        (["promote", "--reason", "r"], "version"),
        (["rollback"], "--reason"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(site, capsys, arguments, said):
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--home", str(site.home)])
    assert left.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
