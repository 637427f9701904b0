"""A home's own database of runs is whole or not there."""

import sqlite3
from contextlib import closing

import pytest
from mlflow.store.tracking import sqlalchemy_store

from flows.database import NAME, own


class Killed(BaseException):
    """In place of a kill."""


def test_what_a_kill_left_half_made_does_not_stand_in_the_way(tmp_path):
    with closing(sqlite3.connect(tmp_path / f"_{NAME}")) as half:
        half.execute("CREATE TABLE _alembic_tmp_experiments (id INTEGER)")
        half.commit()
    (tmp_path / f"_{NAME}-journal").write_bytes(b"half")
    address = own(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [NAME]
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as made:
        assert made.execute("SELECT name FROM experiments").fetchall() == [("Default",)]


def test_a_database_is_not_there_before_it_is_whole(tmp_path, monkeypatch):
    def killed(store, *_):
        store.engine.dispose()
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sqlalchemy_store.SqlAlchemyStore, "_create_default_experiment", killed)
        with pytest.raises(Killed):
            own(tmp_path)
    assert not (tmp_path / NAME).exists()
    own(tmp_path)
    assert (tmp_path / NAME).exists()


def test_one_that_is_there_is_left_alone(tmp_path):
    (tmp_path / NAME).write_bytes(b"mine")
    own(tmp_path)
    assert (tmp_path / NAME).read_bytes() == b"mine"
