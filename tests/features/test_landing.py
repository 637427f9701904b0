from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from small_landing import MAY, PRODUCT, SESSION, SETTINGS, event, order, refusal, sifted, small_zone, write, write_text

from features.contracts import TABLES
from features.landing import load, opened
from features.landing_files import LandingError, LandingFile, survey

FORMATS = ["a.parquet", "a.csv", "a.ndjson", "a.jsonl"]


@pytest.mark.parametrize("file", FORMATS)
def test_the_same_rows_come_out_of_every_format(tmp_path, file):
    rows = [event("E1", viewer_id="v", text='so "good",\nreally'), event("E2", viewer_id=None, text="好")]
    good, faults = sifted(write(tmp_path, "events", rows, file), "events")
    assert faults == []
    assert good["event_id"].to_list() == ["E1", "E2"]
    assert good["text"].to_list() == ['so "good",\nreally', "好"]
    assert good["viewer_id"].to_list() == ["v", None]
    assert good["ts"].to_list() == [MAY, MAY]
    assert good["received_at"].to_list() == [None, None]
    assert good.schema == TABLES["events"].dtypes


@pytest.mark.parametrize("file", FORMATS)
def test_a_bad_row_costs_only_itself(tmp_path, file):
    rows = [
        order("O1"),
        order("O2", units=-1),
        order("O3", unit_price=1.23456),
        order("O4", session_id=None),
        order("O5"),
    ]
    good, faults = sifted(write(tmp_path, "orders", rows, file), "orders")
    assert good["order_id"].to_list() == ["O1", "O5"]
    numbers = {2: ("units", "must lie between 1 and 1e+09"), 3: ("unit_price", "has more than four decimals")}
    assert faults == [(row, *told) for row, told in (numbers | {4: ("session_id", "is missing")}).items()]


@pytest.mark.parametrize("file", ["a.csv", "a.ndjson"])
def test_text_instants_without_an_offset_are_quarantined(tmp_path, file):
    rows = pl.DataFrame([order("O1"), order("O2")]).with_columns(
        pl.Series("ts", ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00"])
    )
    good, faults = sifted(write(tmp_path, "orders", rows, file), "orders")
    assert good["order_id"].to_list() == ["O1"]
    assert faults == [(2, "ts", "is no ISO 8601 instant with an offset")]


def test_a_row_may_have_several_faults(tmp_path):
    _, faults = sifted(write(tmp_path, "orders", [order("O1", units=0, unit_price=-1.0)]), "orders")
    assert [(row, column) for row, column, _ in faults] == [(1, "units"), (1, "unit_price")]


def test_an_unknown_kind_is_a_fault_of_its_row(tmp_path):
    good, faults = sifted(write(tmp_path, "events", [event("E1", kind="wave"), event("E2")]), "events")
    assert good["event_id"].to_list() == ["E2"]
    assert faults[0][:2] == (1, "kind")
    assert faults[0][2].startswith("must be one of enter, leave, view")


def test_a_counted_minute_starts_at_its_start(tmp_path):
    count = {"session_id": "S1", "kind": "view", "count": 3}
    rows = [count | {"minute": MAY}, count | {"minute": MAY + timedelta(seconds=1)}]
    good, faults = sifted(write(tmp_path, "event_counts", rows), "event_counts")
    assert good.height == 1
    assert faults == [(2, "minute", "must lie between 1970 and 2100, at the start of a minute")]


def test_rows_are_numbered_across_batches_and_torn_lines(tmp_path):
    lines = [f"P{n},M,c,t,9.5" if n % 1000 else f"P{n},M" for n in range(1, 5001)]
    path = write_text(
        tmp_path, "products", "product_id,merchant_id,category,title,list_price\n" + "\n".join(lines), "a.csv"
    )
    good, faults = sifted(path, "products")
    assert good.height == 4995
    assert faults == [(n, None, "has 2 fields, expected 5") for n in (1000, 2000, 3000, 4000, 5000)]


def test_one_bad_line_of_ndjson_costs_only_that_line(tmp_path):
    lines = [
        f'{{"product_id":"P{n}","merchant_id":"M","category":"c","title":"t","list_price":9}}' for n in range(2000)
    ]
    lines[1234] = '{"product_id":"P1234","merch'
    good, faults = sifted(write_text(tmp_path, "products", "\n".join(lines) + "\n", "a.ndjson"), "products")
    assert good.height == 1999
    assert [fault[:2] for fault in faults] == [(1235, None)]
    assert faults[0][2].startswith("is no JSON")


@pytest.mark.parametrize(
    "line",
    [
        "5",
        "[]",
        "{",
        '{"product_id":NaN}',
        '{"a":1}{"b":2}',
        '{"a":' + "[" * 40_000,
        b'{"title":"\xff"}',
    ],
)
def test_lines_that_are_no_json_object_are_quarantined(tmp_path, line):
    good = '{"product_id":"P","merchant_id":"M","category":"c","title":"t","list_price":9}\n'
    bad = line if isinstance(line, bytes) else line.encode()
    rows, faults = sifted(write_text(tmp_path, "products", good.encode() + bad + b"\n", "a.ndjson"), "products")
    assert rows["product_id"].to_list() == ["P"]
    assert [fault[:2] for fault in faults] == [(2, None)]


def test_a_line_longer_than_allowed_costs_only_itself(tmp_path):
    good = '{"product_id":"P","merchant_id":"M","category":"c","title":"%s","list_price":9}\n'
    text = good % "t" + good % ("x" * 40_000_000) + good % "u"
    rows, faults = sifted(write_text(tmp_path, "products", text, "a.ndjson"), "products", wide())
    assert rows["title"].to_list() == ["t", "u"]
    assert faults == [(2, None, "is longer than 100,000 bytes")]


def wide():
    return SETTINGS.model_copy(update={"max_file_bytes": 100_000_000})


def test_a_column_may_come_late_in_ndjson(tmp_path):
    line = '{"product_id":"P%d","merchant_id":"M","category":"c","title":"t","list_price":9%s}\n'
    text = "".join(line % (n, ',"unit_cost":4.5' if n == 1999 else "") for n in range(2000))
    good, _ = sifted(write_text(tmp_path, "products", text, "a.ndjson"), "products")
    assert good["unit_cost"].sum() == 4.5


def test_blank_lines_and_a_byte_order_mark_say_nothing(tmp_path):
    text = '\ufeff{"product_id":"P","merchant_id":"M","category":"c","title":"t","list_price":9}\r\n\r\n  \n'
    good, faults = sifted(write_text(tmp_path, "products", text, "a.ndjson"), "products")
    assert (good["product_id"].to_list(), faults) == (["P"], [])


def test_csv_may_have_a_byte_order_mark_crlf_and_quoted_line_ends(tmp_path):
    header = "\ufeffproduct_id,merchant_id,category,title,list_price\r\n"
    text = header + 'P1,M,c,"two\r\nlines, ""quoted""",9\r\nP2,M,c,t,8\r\n'
    good, faults = sifted(write_text(tmp_path, "products", text, "a.csv"), "products")
    assert faults == []
    assert good["title"].to_list() == ['two\r\nlines, "quoted"', "t"]


def test_bytes_that_are_no_utf_8_cost_only_their_row(tmp_path):
    text = b"product_id,merchant_id,category,title,list_price\nP1,M,c,caf\xe9,9\nP2,M,c,caf\xc3\xa9,9\n"
    good, faults = sifted(write_text(tmp_path, "products", text, "a.csv"), "products")
    assert good["title"].to_list() == ["café"]
    assert faults == [(1, "title", "is not UTF-8")]


def test_ids_may_be_whole_numbers(tmp_path):
    good, _ = sifted(write(tmp_path, "products", [PRODUCT | {"product_id": 17}]), "products")
    assert good["product_id"].to_list() == ["17"]


def test_unknown_columns_are_ignored(tmp_path):
    good, faults = sifted(write(tmp_path, "products", [PRODUCT | {"colour": "red", "nested": {"a": [1]}}]), "products")
    assert (good.height, faults) == (1, [])


def test_a_file_with_a_header_alone_has_no_rows(tmp_path):
    path = write_text(tmp_path, "products", "product_id,merchant_id,category,title,list_price\n", "a.csv")
    assert sifted(path, "products")[0].height == 0
    assert sifted(write(tmp_path, "products", TABLES["products"].empty()), "products")[0].height == 0


@pytest.mark.parametrize("file", FORMATS)
def test_a_file_without_a_column_that_must_be_there_is_refused(tmp_path, file):
    rows = pl.DataFrame([order("O1")]).drop("units", "ts")
    told = refusal(write(tmp_path, "orders", rows, file), "orders")
    assert told.startswith("lacks column ts, units; found 'order_id', 'session_id'")


def test_a_wrong_separator_is_guessed_at(tmp_path):
    path = write_text(tmp_path, "orders", "order_id;session_id\nO1;S1\n", "a.csv")
    assert refusal(path, "orders").endswith("is the separator a comma?")


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_instants_without_a_zone_are_utc(tmp_path, unit):
    naive = pl.DataFrame([order("O1", ts=MAY)]).with_columns(
        pl.col("ts").dt.replace_time_zone(None).cast(pl.Datetime(unit))
    )
    path = write(tmp_path, "orders", naive)
    good, faults = sifted(path, "orders")
    assert (good["ts"].to_list(), faults) == ([MAY], [])
    assert opened(LandingFile(TABLES["orders"], path, path.name), SETTINGS).zoneless == ("ts",)


@pytest.mark.parametrize(
    "dtype", [pl.Boolean, pl.Float64, pl.Int64, pl.Date, pl.List(pl.Int8), pl.Datetime("ms"), pl.Null]
)
def test_a_column_without_any_value_may_have_any_type(tmp_path, dtype):
    rows = pl.DataFrame([SESSION, SESSION | {"session_id": "S2"}])
    void = [pl.lit(None, dtype).alias(name) for name in ("anchor_id", "started_at", "followers")]
    good, faults = sifted(write(tmp_path, "sessions", rows.with_columns(void)), "sessions")
    assert faults == []
    assert good["session_id"].to_list() == ["S1", "S2"]
    assert good.select("anchor_id", "started_at", "followers").null_count().row(0) == (2, 2, 2)


def test_a_column_without_any_value_needs_no_statistics_to_be_known_as_such(tmp_path):
    rows = pl.DataFrame([SESSION]).with_columns(anchor_id=pl.lit(None, pl.Float64))
    path = write(tmp_path, "sessions", rows)
    rows.write_parquet(path, statistics=False)
    assert sifted(path, "sessions")[0]["anchor_id"].to_list() == [None]


def test_one_value_far_down_a_column_of_a_foreign_type_refuses_the_file(tmp_path):
    rows = pl.DataFrame([SESSION | {"session_id": f"S{n}"} for n in range(3_000)])
    late = rows.with_columns(anchor_id=pl.Series([None] * 2_999 + [1.5]))
    assert refusal(write(tmp_path, "sessions", late), "sessions").startswith("column anchor_id holds Float64")


def test_a_column_that_must_have_values_and_has_none_costs_its_rows(tmp_path):
    rows = pl.DataFrame([order("O1")]).with_columns(session_id=pl.lit(None, pl.Float64))
    good, faults = sifted(write(tmp_path, "orders", rows), "orders")
    assert (good.height, faults) == (0, [(1, "session_id", "is missing")])


def test_the_start_of_1970_is_the_earliest_legal_instant(tmp_path):
    unknown = datetime(1970, 1, 1, tzinfo=UTC)
    launched = [unknown, unknown - timedelta(microseconds=1), datetime(2100, 1, 1, tzinfo=UTC)]
    rows = [PRODUCT | {"product_id": f"P{n}", "launched_at": at} for n, at in enumerate(launched)]
    good, faults = sifted(write(tmp_path, "products", rows), "products")
    assert good["product_id"].to_list() == ["P0", "P2"]
    assert faults == [(2, "launched_at", "must lie between 1970 and 2100")]


def test_a_column_of_a_foreign_type_is_refused(tmp_path):
    told = refusal(write(tmp_path, "orders", [order("O1", session_id=1.5)]), "orders")
    assert told == "column session_id holds Float64, expected String (the broadcast)"


def test_unfinished_files_are_left_alone_and_strange_ones_named(tmp_path):
    zone = small_zone(tmp_path)
    for name in (
        "orders/.part.csv",
        "orders/_SUCCESS",
        "orders/_tmp/x.csv",
        "orders/a.csv.gz",
        "orders/notes.txt",
        "x/a.csv",
        "b.csv",
    ):
        write_text(zone, ".", "x", name)
    write(zone, "orders", [order("O9")], "day=2024-05-01/part.parquet")
    found = survey(zone)
    assert [file.name for file in found.files["orders"]] == ["orders/a.parquet", "orders/day=2024-05-01/part.parquet"]
    assert found.unread == ("b.csv", "x/", "orders/a.csv.gz", "orders/notes.txt")


def test_a_landing_zone_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(LandingError, match="is no folder"):
        survey(tmp_path / "nowhere")


def test_all_tables_are_there_and_hold_each_row_once(tmp_path):
    zone = small_zone(tmp_path)
    write(zone, "orders", [order("O2", units=3), order("O3")], "b.csv")
    tables = load(zone)
    assert set(tables) == set(TABLES)
    assert tables["orders"]["order_id"].to_list() == ["O1", "O2", "O3"]
    assert tables["events"].schema == TABLES["events"].dtypes


def test_instants_of_parquet_keep_their_moment_whatever_their_unit(tmp_path):
    rows = pl.DataFrame([order("O1")]).with_columns(
        pl.col("ts").dt.convert_time_zone("Asia/Shanghai").dt.cast_time_unit("ms")
    )
    assert sifted(write(tmp_path, "orders", rows), "orders")[0]["ts"].to_list() == [
        datetime(2024, 5, 1, 12, 5, tzinfo=UTC)
    ]
