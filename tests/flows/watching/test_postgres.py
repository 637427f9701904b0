"""Rows appended to PostgreSQL tables are read once each, also when they commit late."""

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from small_landing import MAY, SETTINGS

from features.contracts import TABLES
from features.privacy import Door
from features.raw import ROW
from flows.watching.batch import Cursor, SourceAwayError
from flows.watching.postgres import VARIABLE, Appended, DatabaseError
from flows.watching.queries import advanced
from flows.watching.reading import Reader
from flows.watching.settings import Database, Relation

READER = Reader(SETTINGS, Door(b"key", keep_text=True))
EVENTS = """
CREATE SCHEMA "a;b";
CREATE TABLE "a;b"."ev""ents" (
    seq bigserial PRIMARY KEY, event_id text, session_id text, product_id varchar(20), viewer_id text, kind text,
    ts timestamptz, text text, extra json, tx xid8 DEFAULT pg_current_xact_id()
)
"""
ORDERS = """
CREATE TABLE orders (
    seq serial, order_id bigint, session_id text, product_id text, ts timestamp, units integer, unit_price numeric(9, 4)
)
"""
INSERT = """INSERT INTO "a;b"."ev""ents" (event_id, session_id, kind, ts) VALUES (%s, 'S1', 'like', %s)"""


def relation(name='a;b.ev"ents', transaction=None, overlap=100):
    return Relation(relation=name, cursor="seq", transaction=transaction, overlap=overlap)


def followed(batch_rows=1_000, cursors=None, **relations):
    database = Database(tables=relations, batch_rows=batch_rows, timeout_seconds=5)
    return Appended(database, READER, {} if cursors is None else cursors)


def took(source):
    """The ids that a poll brought; the cursors move, as a journal would move them."""
    batch = source.poll(0)
    if batch is None:
        return None
    source.cursors |= batch.cursors
    return {name: frame.to_series().to_list() for name, frame in batch.tables.items()}


def append(connection, *names):
    for name in names:
        connection.execute(INSERT, [name, MAY])


@pytest.fixture(params=[None, "tx"], ids=["overlap", "xid8"])
def events(request, database):
    """Both ways to follow a table of events."""
    database.execute(EVENTS)
    source = followed(events=relation(transaction=request.param))
    yield source
    source.close()


def test_rows_are_read_once_in_order(database, events):
    assert took(events) is None
    append(database, "E1", "E2")
    assert took(events) == {"events": ["E1", "E2"]}
    assert took(events) is None
    append(database, "E3")
    assert took(events) == {"events": ["E3"]}


def test_a_row_that_commits_after_later_ones_is_not_missed(database, events):
    append(database, "E1")
    assert took(events) == {"events": ["E1"]}
    with psycopg.connect(database.info.dsn) as slow:
        append(slow, "E2")  # has its number, and is not committed
        append(database, "E3")
        before = took(events) or {"events": []}
        slow.commit()
        after = took(events)
    assert before["events"] + after["events"] in (["E2", "E3"], ["E3", "E2"])
    assert took(events) is None


def test_a_transaction_that_took_its_number_late_is_not_missed(database, events):
    with psycopg.connect(database.info.dsn) as slow:
        slow.execute("SELECT pg_current_xact_id()")  # an old transaction, a new number
        append(database, "E1")
        append(slow, "E2")
        append(database, "E3")
        before = took(events) or {"events": []}
        slow.commit()
        after = took(events)
    append(database, "E4")
    assert sorted(before["events"] + after["events"]) == ["E1", "E2", "E3"]
    assert took(events) == {"events": ["E4"]}


def test_a_number_that_was_rolled_back_holds_nothing_up(database, events):
    with psycopg.connect(database.info.dsn) as slow:
        append(slow, "E1")
        slow.rollback()
    append(database, "E2")
    assert took(events) == {"events": ["E2"]}
    assert took(events) is None


def test_a_backlog_comes_in_several_batches(database, events):
    with database.transaction():
        append(database, *(f"E{n}" for n in range(5)))
    events.database = events.database.model_copy(update={"batch_rows": 2})
    assert [took(events) for _ in range(4)] == [
        {"events": ["E0", "E1"]}, {"events": ["E2", "E3"]}, {"events": ["E4"]}, None
    ]  # fmt: skip


def test_a_restarted_watch_goes_on_at_the_cursors_that_were_kept(database, events):
    append(database, "E1", "E2")
    took(events)
    append(database, "E3")
    kept = {name: Cursor.of(cursor.told()) for name, cursor in events.cursors.items()}
    again = followed(cursors=kept, events=events.database.tables["events"])
    assert took(again) == {"events": ["E3"]}
    again.close()


def test_cells_of_every_type_are_as_the_contract_says(database):
    database.execute(EVENTS)
    database.execute(ORDERS)
    database.execute(
        """INSERT INTO "a;b"."ev""ents" (event_id, session_id, product_id, viewer_id, kind, ts, text, extra)
        VALUES ('=cmd', '../x', '', 'anna', 'comment', '2024-05-01 20:00:00.5+08', E'多少,钱\n"?"', '{"a": 1}')"""
    )
    database.execute("INSERT INTO orders VALUES (7, 99, 'S1', 'P1', '2024-05-01 12:00:00', 2, 9.5)")
    source = followed(events=relation(), orders=relation("public.orders"))
    batch = source.poll(0)
    source.close()
    anna = READER.door.pseudonyms(pl.Series(["anna"])).item()
    told = batch.tables["events"].with_columns(pl.col("ts").dt.to_string()).row(0)
    assert told == ("=cmd", "../x", None, anna, "comment", "2024-05-01 12:00:00.500000+00:00", '多少,钱\n"?"', None)
    assert batch.tables["orders"].row(0) == ("99", "S1", "P1", None, MAY, 2, 9.5, None)
    assert all(frame.schema == TABLES[name].dtypes for name, frame in batch.tables.items())


def test_bad_rows_are_set_aside_by_their_number(database, events):
    database.execute(INSERT, ["E1", "infinity"])
    database.execute(INSERT, [None, MAY])
    append(database, "E3")
    batch = events.poll(0)
    assert batch.tables["events"]["event_id"].to_list() == ["E3"]
    assert batch.bad.select("file", "row", "column", "value").rows() == [
        ('postgres:a;b.ev"ents', 1, "ts", "infinity"),
        ('postgres:a;b.ev"ents', 2, "event_id", None),
    ]


def test_a_database_that_goes_away_is_asked_again(database, events):
    append(database, "E1")
    took(events)
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'shop'"
    )
    append(database, "E2")
    with pytest.raises(SourceAwayError, match="does not answer"):
        events.poll(0)
    assert took(events) == {"events": ["E2"]}


def test_no_message_tells_where_the_database_is(monkeypatch):
    for address in ("postgresql://me:geheim@nowhere.invalid:1/x?bad=1", "host=/nowhere/geheim password=geheim user=me"):
        monkeypatch.setenv(VARIABLE, address)
        with pytest.raises((DatabaseError, SourceAwayError)) as error:
            followed(events=relation()).poll(0)
        assert "geheim" not in str(error.value)
        assert error.value.__suppress_context__
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(DatabaseError, match=f"no {VARIABLE} in the environment"):
        followed(events=relation()).poll(0)


def test_a_table_that_cannot_be_followed_is_named(database):
    database.execute(ORDERS)
    cases = {
        'relation "public.nothing" does not exist': {"events": relation("public.nothing")},
        "public.orders lacks column event_id, kind": {"events": relation("public.orders")},
        'column "x" does not exist': {"orders": relation("public.orders").model_copy(update={"cursor": "x"})},
    }
    for message, relations in cases.items():
        source = followed(**relations)
        with pytest.raises(DatabaseError, match=message):
            source.poll(0)
        source.close()


@pytest.mark.parametrize("name", ["orders", "a.b\x00", ".b", "a."])
def test_the_name_of_a_table_has_a_schema(name):
    with pytest.raises(ValidationError):
        relation(name)


@given(st.lists(st.sets(st.integers(1, 60), min_size=1), min_size=1, max_size=5))
def test_the_cursor_knows_every_number_read_as_far_down_as_is_looked_for(batches):
    cursor, one, read = Cursor(), relation(overlap=20), set()
    for batch in batches:
        cursor = advanced(cursor, one, pl.DataFrame({ROW: sorted(batch)}))
        read |= batch
        assert cursor.high == max(read)
        seen = {number for first, last in cursor.seen for number in range(first, last + 1)}
        assert seen <= {number for number in read if number > max(read) - 20}
        assert seen >= {number for number in batch if number > max(read) - 20}
