"""A predictor whose record was changed is not opened; one without a signature is, once a person vouches for it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import day

from flows.cli import main
from flows.promote import ServiceError
from flows.registry import Registry
from flows.remembered import ranking
from flows.seal import KEY, doubt, signature
from flows.serving import serving, serving_if_any
from flows.sign import sign
from flows.soundness import bare, examined
from flows.version import Version
from models.predictor import Predictor

AS_OF = day(11)


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(KEY.variable, raising=False)


@pytest.fixture
def site(shop_site):
    """A home in which version 1 serves."""
    return shop_site


@pytest.fixture
def registry(site):
    return Registry(site)


def tagged(registry, **tags):
    registry.tag(registry.version(1), tags)
    return registry.version(1)


def never(*_, **__):
    raise AssertionError("its files were looked at")


def looked_at(site, registry, monkeypatch):
    """What is found of version 1 where looking at its files is an error."""
    monkeypatch.setattr(Registry, "folder", never)
    return examined(registry, registry.version(1), site.settings().tracking)


def test_what_was_trained_here_is_signed_and_serves(site, registry):
    version = registry.version(1)
    assert version.signature == signature(site.made(), version.name, version.as_of, version.digest)
    assert serving(site, AS_OF).version == version
    assert (site.home / KEY.file).stat().st_mode & 0o777 == 0o600


def test_a_record_that_names_other_files_is_refused_before_any_of_them_is_read(site, registry, monkeypatch):
    version = tagged(registry, digest="0" * 64)
    fault = looked_at(site, registry, monkeypatch)
    assert str(fault).startswith(f"{version} could not be checked (its signature is wrong: its record was changed")


def test_a_record_without_a_signature_is_refused_and_says_how_to_go_on(site, registry, monkeypatch):
    version = tagged(registry, signature="")
    fault = looked_at(site, registry, monkeypatch)
    assert str(fault) == (
        f"{version} is broken (it is not signed: if it is one of yours, `baokuan sign 1` vouches for it)"
    )


def test_the_signature_of_another_predictor_does_not_pass(site, registry, monkeypatch):
    other = signature(site.made(), registry.name, registry.version(1).as_of, "0" * 64)
    tagged(registry, signature=other)
    assert "its signature is wrong" in str(looked_at(site, registry, monkeypatch))


def test_what_another_home_signed_is_refused_without_its_key_and_serves_with_it(site, registry, monkeypatch):
    key = (site.home / KEY.file).read_text()
    (site.home / KEY.file).unlink()
    assert f"set {KEY.variable} to that" in str(looked_at(site, registry, monkeypatch))
    monkeypatch.undo()
    monkeypatch.setenv(KEY.variable, "another key")
    assert "its signature is wrong" in str(looked_at(site, registry, monkeypatch))
    monkeypatch.undo()
    monkeypatch.setenv(KEY.variable, key)
    assert isinstance(examined(registry, registry.version(1), site.settings().tracking), Predictor)
    assert not (site.home / KEY.file).exists()


def test_while_mlflow_is_away_the_signature_is_checked_all_the_same(site, monkeypatch):
    ranking(site)
    path = site.home / "models" / "serving.json"
    told = json.loads(path.read_text())
    told["versions"][0]["signature"] = "0" * 64
    path.write_text(json.dumps(told))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    found, faults = serving_if_any(site, AS_OF)
    assert found is None
    assert "its signature is wrong" in faults[0].said


def test_what_was_remembered_before_there_were_signatures_can_be_read(site, monkeypatch):
    ranking(site)
    path = site.home / "models" / "serving.json"
    told = json.loads(path.read_text())
    del told["versions"][0]["signature"]
    path.write_text(json.dumps(told))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    _, faults = serving_if_any(site, AS_OF)
    assert "it is not signed" in faults[0].said


def test_a_person_may_vouch_for_one_without_a_signature_and_who_did_is_kept(site, registry, capsys):
    tagged(registry, signature="")
    with pytest.raises(SystemExit) as left:
        main(["sign", "1", "--reason", "trained last year", "--home", str(site.home)])
    assert left.value.code == 0
    assert "demand-predictor-default/1 (as of " in capsys.readouterr().out
    assert serving(site, AS_OF).version.number == 1
    tags = registry.client.get_model_version(registry.name, "1").tags
    assert tags["signed_because"] == "trained last year"
    assert {"signed_by", "signed_at"} <= tags.keys()
    with pytest.raises(ServiceError, match="is signed already"):
        sign(site, 1, "once more")


def test_nobody_can_vouch_for_files_that_are_damaged(site, registry):
    digest = registry.version(1).digest
    version = tagged(registry, signature="", digest=digest[:16] + "0" * 48)
    with pytest.raises(ServiceError, match=r"files are damaged.*not signed"):
        sign(site, version.number, "I trust it")
    assert registry.version(1).signature == ""


def test_a_signature_holds_for_one_market_only(site, registry):
    version = replace(registry.version(1), name="demand-predictor-other")
    assert "its signature is wrong" in doubt(site.made(), version)
    assert doubt(site.made(), registry.version(1)) == ""


@settings(deadline=None)
@given(text=st.text(max_size=200), at=st.integers(0, 63), sign=st.sampled_from("0123456789abcdef"))
def test_no_other_text_passes_for_a_signature(tmp_path_factory, text, at, sign):
    home = tmp_path_factory.getbasetemp()
    right = signature(home, "demand-predictor-default", day(11), "0" * 64)
    version = Version("demand-predictor-default", 1, day(11), "0" * 64)
    for other in (text, right[:at] + sign + right[at + 1 :], right.upper(), right + sign, right):
        assert bool(doubt(home, replace(version, signature=other))) == (other != right)


def test_the_process_that_opens_a_predictor_gets_no_secret():
    given_all = {
        "PATH": "/bin", "LANG": "C", "BAOKUAN_MODEL_KEY": "x", "BAOKUAN_POSTGRES": "x", "AWS_SECRET_ACCESS_KEY": "x",
        "MLFLOW_TRACKING_PASSWORD": "x", "PREFECT_API_AUTH_STRING": "x", "PGPASSWORD": "x", "SOME_TOKEN": "x",
    }  # fmt: skip
    assert {"x"} & set(bare(given_all).values()) == set()
    assert {"PATH": "/bin", "LANG": "C"}.items() <= bare(given_all).items()
