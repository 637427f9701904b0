import os

from flows.environment import prepare


def test_what_the_caller_said_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    prepare(tmp_path)
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_prefect_lives_in_the_home_unless_a_server_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    prepare(tmp_path)
    assert "PREFECT_HOME" not in os.environ
    monkeypatch.delenv("PREFECT_API_URL")
    prepare(tmp_path)
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert (tmp_path / "prefect").is_dir()
