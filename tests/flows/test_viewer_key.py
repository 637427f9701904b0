import polars as pl
import pytest

from features.landing_files import LandingError
from flows.viewer_key import VARIABLE, door

ANNA = pl.Series(["anna"])


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def test_without_a_key_one_is_made_once_that_only_its_owner_may_read(tmp_path, caplog):
    first = door(tmp_path, keep_text=True).pseudonyms(ANNA).item()
    assert "made a key for viewers' pseudonyms" in caplog.text
    assert (tmp_path / "viewer.key").stat().st_mode & 0o777 == 0o600
    assert door(tmp_path, keep_text=True).pseudonyms(ANNA).item() == first


def test_the_key_of_the_environment_is_used_and_not_written_down(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "secret")
    one, two = door(tmp_path / "a", keep_text=True), door(tmp_path / "b", keep_text=True)
    assert one.pseudonyms(ANNA).item() == two.pseudonyms(ANNA).item()
    assert not any(b"secret" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_another_key_than_the_lake_was_filled_with_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "one")
    door(tmp_path, keep_text=True)
    monkeypatch.setenv(VARIABLE, "two")
    with pytest.raises(LandingError, match="not the one that"):
        door(tmp_path, keep_text=True)
