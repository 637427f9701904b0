import gzip
import json
import random
import resource
import subprocess
import sys
import time

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_landing import PRODUCT, SETTINGS, event, order, refusal, sifted, write, write_text

from features.contracts import TABLES

ORDERS = [order(f"O{n}") for n in range(5_000)]


@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.1, 0.001])
def test_a_torn_parquet_file_is_refused_whole(tmp_path, share):
    path = write(tmp_path, "orders", ORDERS)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert refusal(path, "orders").startswith("is no readable Parquet file: ")


@pytest.mark.parametrize("place", [0.05, 0.2, 0.4, 0.6, 0.8])
def test_a_parquet_file_damaged_inside_is_refused_or_its_rows_are_judged_but_nothing_crashes(tmp_path, place):
    path = write(tmp_path, "orders", ORDERS)
    whole = bytearray(path.read_bytes())
    middle = int(len(whole) * place)
    whole[middle : middle + 64] = bytes(64)
    path.write_bytes(bytes(whole))
    told = refusal(path, "orders")
    assert told is None or told.startswith(("is no readable Parquet file: ", "lacks column"))


@pytest.mark.parametrize("file", ["a.parquet", "a.csv", "a.ndjson"])
def test_an_empty_file_is_refused(tmp_path, file):
    assert refusal(write_text(tmp_path, "orders", "", file), "orders") == "is empty: not even a header"


@pytest.mark.parametrize("file", ["a.parquet", "a.csv", "a.ndjson"])
@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"order_id\nO1\n"), b"PAR1", b"\x00" * 100, b"\xff\xfeo\x00r\x00d\x00"],
    ids=["gzip", "torn parquet", "zeros", "utf-16"],
)
def test_what_is_no_such_file_at_all_is_refused(tmp_path, file, content):
    assert refusal(write_text(tmp_path, "orders", content, file), "orders")


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest(tmp_path):
    rest = "P2,M,c,t,9\n" * 3_000_000
    text = f'product_id,merchant_id,category,title,list_price\nP1,M,c,"t,9\n{rest}'
    told = refusal(write_text(tmp_path, "products", text, "a.csv"), "products", large())
    assert told == "is no readable CSV file: a quote is never closed, or a line is longer than what is read at once"


def large():
    return SETTINGS.model_copy(update={"max_file_bytes": 100_000_000})


def test_a_file_larger_than_allowed_is_refused_unread(tmp_path):
    path = write_text(tmp_path, "orders", "x" * 10_000_001, "a.csv")
    assert refusal(path, "orders") == "has 10,000,001 bytes, more than the 10,000,000 allowed"


def test_a_column_that_stands_there_twice_is_refused(tmp_path):
    text = "product_id,product_id,merchant_id,category,title,list_price\nP,P,M,c,t,9\n"
    assert "twice" in refusal(write_text(tmp_path, "products", text, "a.csv"), "products")


def test_text_in_parquet_that_is_no_utf_8_is_refused(tmp_path):
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    table = pa.Table.from_pylist([PRODUCT])
    place = table.schema.get_field_index("title")
    pq.write_table(table.set_column(place, "title", bad), tmp_path / "a.parquet")
    assert "UTF8" in refusal(tmp_path / "a.parquet", "products")


WIDE = {
    "a.csv": lambda count: ",".join(f"c{n}" for n in range(count)) + "\n" + "1," * (count - 1) + "1\n",
    "a.ndjson": lambda count: "{" + ",".join(f'"c{n}":1' for n in range(count)) + "}\n",
}


@pytest.mark.parametrize("file", WIDE)
def test_a_file_of_more_columns_than_any_table_has_is_refused_at_once(tmp_path, file):
    path = write_text(tmp_path, "products", WIDE[file](60_000), file)
    begin = time.process_time()
    assert refusal(path, "products", wide()) == "has more than 10,000 columns"
    assert time.process_time() - begin < 5


def test_a_parquet_file_of_more_columns_than_any_table_has_is_refused_at_once(tmp_path):
    pl.DataFrame({f"c{n}": [1] for n in range(10_001)}).write_parquet(tmp_path / "a.parquet")
    assert refusal(tmp_path / "a.parquet", "products") == "has more than 10,000 columns"


def test_names_of_lines_that_each_add_new_ones_are_counted_together(tmp_path):
    lines = [json.dumps({f"{n}_{k}": 1 for k in range(500)}) for n in range(100)]
    path = write_text(tmp_path, "products", "\n".join(lines), "a.ndjson")
    assert refusal(path, "products") == "has more than 10,000 columns"


def test_a_first_line_that_is_longer_than_allowed_is_refused(tmp_path):
    text = "product_id," + "x" * 120_000 + "\nP,1\n"
    assert refusal(write_text(tmp_path, "products", text, "a.csv"), "products") in {
        "has a first line that is longer than 100,000 bytes",
        "is no readable CSV file: field larger than field limit (131072)",
    }


def wide():
    return SETTINGS.model_copy(update={"max_line_bytes": 1_000_000})


@pytest.mark.parametrize("lines_before", [0, 2_000])
@pytest.mark.parametrize("nested", ['{"product_id":' + "[" * 40_000, '{"product_id":' + '{"a":' * 20_000, "[" * 90_000])
def test_a_line_that_is_nested_without_end_costs_only_itself(tmp_path, nested, lines_before):
    good = json.dumps(PRODUCT)
    text = "\n".join([*[good] * (lines_before + 1), nested + "]" * 10, good])
    rows, found = sifted(write_text(tmp_path, "products", text, "a.ndjson"), "products")
    assert rows.height == lines_before + 2
    assert [row for row, *_ in found] == [lines_before + 2]


# Made by another process, so that only the reading counts here; each a few kilobytes that become a gigabyte.
BOMBS = {
    "plain": ('pa.array(["a" * 1000] * 100_000)', 10, False),
    "dictionary": ('pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["a" * 1000])', 10, True),
    "rows": ("pa.nulls(1_000_000, pa.string())", 20, False),
}
MAKE = """
import pyarrow as pa, pyarrow.parquet as pq
ids = {ids}
rest = ("session_id", "product_id", "ts", "units", "unit_price")
table = pa.table({{"order_id": ids}} | {{name: pa.nulls(len(ids), pa.string()) for name in rest}})
with pq.ParquetWriter({path!r}, table.schema, compression="zstd", use_dictionary={dictionary}) as writer:
    for _ in range({times}):
        writer.write_table(table)
"""


@pytest.mark.parametrize("kind", BOMBS)
def test_a_gigabyte_in_a_megabyte_is_refused_in_little_memory(tmp_path, kind):
    ids, times, dictionary = BOMBS[kind]
    path = tmp_path / "bomb.parquet"
    script = MAKE.format(ids=ids, times=times, dictionary=dictionary, path=str(path))
    subprocess.run([sys.executable, "-c", script], check=True)
    assert path.stat().st_size < 2_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = refusal(path, "orders")
    assert "bytes expand to at least" in told
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_large_value_that_repeats_is_weighed_before_it_is_unpacked(tmp_path):
    long = pl.DataFrame([order("O1")]).with_columns(pl.lit("x" * 20_000).alias("viewer_id"))
    rows = pl.concat([long] * 20_000)
    path = write(tmp_path, "orders", rows)
    assert path.stat().st_size < 500_000
    assert "bytes expand to at least" in refusal(path, "orders")


def test_a_constant_column_is_no_bomb(tmp_path):
    rows = pl.DataFrame([order("O1")] * 50_000).with_columns(pl.int_range(50_000).cast(pl.String).alias("order_id"))
    assert sifted(write(tmp_path, "orders", rows), "orders")[0].height == 50_000


def test_a_torn_line_with_foreign_bytes_costs_only_itself(tmp_path):
    header = b"\xef\xbb\xbfproduct_id,merchant_id,category,title,list_price\n"
    text = header + b"P1,M,caf\xe9\nP2,M,c,th\xe9,9\nP3,M,c,th\xc3\xa9,9\n"
    good, faults = sifted(write_text(tmp_path, "products", text, "a.csv"), "products")
    assert good["title"].to_list() == ["thé"]
    assert faults == [(1, None, "has 3 fields, expected 5"), (2, "title", "is not UTF-8")]


@pytest.mark.parametrize("file", ["a.parquet", "a.csv", "a.ndjson"])
def test_whatever_happens_to_a_file_its_good_rows_keep_the_contract(tmp_path, file):
    rows = [event(f"E{n}", viewer_id="好", text=f'a,"{n}"\n') for n in range(200)]
    whole = write(tmp_path, "events", rows, file).read_bytes()
    dice = random.Random(7)
    for _ in range(60):
        place = dice.randrange(len(whole))
        harm = dice.choice([b'"', b",", b"\n", b"\x00", b"\r", b"{", b"\\", b"\xff\xfe", b"nan", b"1e999", whole[:90]])
        path = write_text(tmp_path, "events", whole[:place] + harm + whole[place + dice.randrange(40) :], f"z{file}")
        if refusal(path, "events") is None:
            good, _ = sifted(path, "events")
            TABLES["events"].schema.validate(good, lazy=True)
