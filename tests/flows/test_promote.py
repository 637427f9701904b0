import os
import shutil

import pytest
from recorded import signed_as

from flows.cli import main
from flows.promote import ServiceError, promote, put_back, put_into_service, rollback, told
from flows.registry import NoPredictorError, Registry
from flows.seal import signature
from flows.site import Site


@pytest.fixture
def site(ran, tmp_path):
    """A copy of a home in which version 2, with the same files as version 1, serves."""
    site = Site(home=tmp_path / "home", config=ran[0].config)
    shutil.copytree(ran[0].home, site.home)
    registry = Registry(site)
    first = registry.version(1)
    told = signed_as(first) | {"verdict": "the challenger takes over"}
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
    assert (
        "what the rules said when demand-predictor-default/2 was trained: the challenger takes over" in told.sentences()
    )


def test_the_champion_cannot_be_promoted_again(site):
    with pytest.raises(ServiceError, match="in service already"):
        put_into_service(site, 2, "because")


def test_there_is_nothing_before_the_first(site):
    rollback(site, "once")
    with pytest.raises(NoPredictorError, match="no champion to go back to"):
        rollback(site, "twice")
    assert Registry(site).champion().number == 1


def of_other_files(site, number):
    """The version's record names other files than it has, and is signed so."""
    registry, digest = Registry(site), "0" * 64
    version = registry.version(number)
    mark = signature(site.made(), version.name, version.as_of, digest)
    registry.tag(version, {"digest": digest, "signature": mark})


def third(site):
    """Version 3 in service, with the same files, and version 2 with others than it was registered with."""
    registry = Registry(site)
    first = registry.version(1)
    source = registry.client.get_model_version(registry.name, "1").source
    tags = signed_as(first)
    registry.client.create_model_version(registry.name, source, run_id=first.run_id, tags=tags)
    registry.promote(registry.version(3))
    of_other_files(site, 2)


def test_going_back_passes_over_one_that_is_broken_and_says_so(site):
    third(site)
    told = rollback(site, "forecasts doubled")
    assert (told.before.number, told.serving.number) == (3, 1)
    assert f"passed over: {Registry(site).version(2)} is broken (its files are damaged)" in told.sentences()
    assert Registry(site).champion().number == 1


def test_going_back_changes_nothing_where_the_one_before_could_not_be_checked(site, tmp_path):
    overlay = tmp_path / "hurried.yaml"
    overlay.write_text("tracking: {check_seconds: 0.01}")
    with pytest.raises(ServiceError, match=r"nothing was changed: .*/1 could not be checked"):
        put_back(site.model_copy(update={"config": (*site.config, overlay)}), "to try")
    assert Registry(site).champion().number == 2


def test_going_back_changes_nothing_where_all_before_are_broken(site):
    registry = Registry(site)
    of_other_files(site, 1)
    with pytest.raises(ServiceError, match=r"nothing was changed: .*/1 is broken \(its files are damaged\)"):
        put_back(site, "to try")
    assert registry.champion().number == 2


def test_where_the_machine_has_no_name_for_the_user_the_number_is_kept(monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert told("promoted", "why")["promoted_by"] == f"user {os.getuid()}"


@pytest.mark.parametrize(
    "command", [["compare", "1", "2"], ["promote", "1", "--reason", "r"], ["rollback", "--reason", "r"]]
)
def test_a_home_that_is_not_there_is_refused_and_not_made(capsys, tmp_path, command):
    with pytest.raises(SystemExit) as left:
        main([*command, "--home", str(tmp_path / "mistyped")])
    told = capsys.readouterr()
    assert left.value.code == 2
    assert told.err.count("\n") == 1
    assert "there is no home" in told.err
    assert not (tmp_path / "mistyped").exists()


def test_at_the_terminal_both_say_who_serves_now(site, capsys):
    for arguments, serving in ((["promote", "1"], 1), (["rollback"], 2)):
        with pytest.raises(SystemExit) as left:
            main([*arguments, "--reason", "to try", "--home", str(site.home)])
        told = capsys.readouterr()
        assert left.value.code == 0, told.err
        assert told.out.startswith(f"demand-predictor-default/{serving} (as of ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["promote", "9", "--reason", "r"], "no version 9"),
        (["promote", "1"], "--reason"),
        (["promote", "1", "--reason", " "], "it is empty"),
        (["promote", "--reason", "r"], "version"),
        (["rollback"], "--reason"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(site, capsys, arguments, said):
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--home", str(site.home)])
    assert left.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
