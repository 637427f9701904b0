"""Passwords of a home's servers, and what a kill leaves of the database that holds MLflow's."""

import sqlite3
from contextlib import closing

import pytest

from flows.servers.credentials import shared, sweep

HALF = ("", "CREATE TABLE _alembic_tmp_users (id INTEGER)", "CREATE TABLE users (id INTEGER)")


def database(path, *statements):
    with closing(sqlite3.connect(path)) as made:
        for one in statements:
            made.execute(one)
        made.commit()
    return path


@pytest.mark.parametrize("statement", HALF)
def test_a_database_of_users_that_a_kill_left_half_made_is_removed_with_its_journal(tmp_path, statement):
    left = database(tmp_path / "users.db", statement)
    (tmp_path / "users.db-journal").write_bytes(b"half")
    sweep(left)
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_none_nothing_is_made(tmp_path):
    sweep(tmp_path / "users.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_with_a_user_stays(tmp_path):
    whole = database(tmp_path / "users.db", "CREATE TABLE users (id INTEGER)", "INSERT INTO users VALUES (1)")
    before = whole.read_bytes()
    sweep(whole)
    assert whole.read_bytes() == before


@pytest.mark.parametrize("told", [{}, {"PREFECT_API_AUTH_STRING": "anna:x"}, {"PREFECT_SERVER_API_AUTH_STRING": "b:y"}])
def test_a_server_of_one_process_and_who_asks_it_have_one_password(told):
    drawn = shared(told)
    server, client = drawn["PREFECT_SERVER_API_AUTH_STRING"], drawn["PREFECT_API_AUTH_STRING"]
    assert server == client
    assert server in told.values() or len(server) > len("admin:") + 30


def test_each_process_has_another_password():
    assert shared({}) != shared({})
