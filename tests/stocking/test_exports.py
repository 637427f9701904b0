import csv
import io

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from polars.testing import assert_frame_equal

from stocking.exports import file_name, write
from stocking.plan import stocking_list

ROWS = [
    {"product_id": "P1", "merchant_id": "M1", "title": "=HYPERLINK(1)", "p_hit": 0.3},
    {"product_id": "P2", "merchant_id": "M2", "title": 'Mug, "large"', "p_hit": 0.2},
    {"product_id": "007", "merchant_id": None, "title": "口红", "p_hit": 0.1},
]


@pytest.fixture
def made(lines, stock, policy):
    return stocking_list(lines(*ROWS), stock(), policy)


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def cells(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_the_parquet_file_gives_back_the_list_exactly(made, tmp_path):
    assert_frame_equal(pl.read_parquet(write(made, tmp_path).stocking_list), made, check_exact=True)


def test_each_merchant_gets_its_own_lines_and_no_other(made, tmp_path):
    exported = write(made, tmp_path)
    index = {row["merchant_id"]: tmp_path / row["file"] for row in cells(exported.index)}
    assert {merchant: [row["product_id"] for row in cells(path)] for merchant, path in index.items()} == {
        "M1": ["P1"],
        "M2": ["P2"],
        "": ["'007"],
    }
    assert set(exported.merchants) == set(index.values())


def test_text_is_quoted_and_safe_and_numbers_stay_numbers(made, tmp_path):
    first = (write(made, tmp_path).merchants[0]).read_bytes()
    assert first.startswith(b"\xef\xbb\xbf" + b'"rank","session_id"')
    assert first.endswith(b"\r\n")
    assert b'1,"S1","P1","M1","U1","\'=HYPERLINK(1)","beauty/lips","2024-06-24T00:00:00Z",10.0,' in first


def test_quotes_in_a_title_survive(made, tmp_path):
    assert cells(write(made, tmp_path).merchants[1])[0]["title"] == 'Mug, "large"'


def test_the_same_list_gives_the_same_bytes(made, tmp_path):
    for out in ("one", "other", "other"):
        write(made, tmp_path / out)
    assert everything(tmp_path / "one") == everything(tmp_path / "other")


def test_the_chunks_of_the_frame_do_not_show_in_the_bytes(made, tmp_path):
    write(made, tmp_path / "one")
    write(pl.concat([made[:1], made[1:]], rechunk=False), tmp_path / "other")
    assert everything(tmp_path / "one") == everything(tmp_path / "other")


def test_an_earlier_list_leaves_no_file_behind_but_foreign_files_stay(made, tmp_path):
    earlier = write(made, tmp_path)
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    (earlier.merchants[0].parent / "letter.txt").write_text("keep", encoding="utf-8")
    later = write(made.filter(pl.col("merchant_id") == "M1"), tmp_path)
    expected = {
        later.stocking_list,
        later.index,
        *later.merchants,
        tmp_path / "mine.txt",
        earlier.merchants[0].parent / "letter.txt",
    }
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == expected


def test_fragments_of_an_interrupted_list_are_cleared_by_the_next(made, tmp_path):
    interrupted = tmp_path / "merchants-0123456789ab"
    interrupted.mkdir()
    (interrupted / ".0123456789abcdef.csv.k3_x.tmp").write_bytes(b"half")
    write(made, tmp_path)
    assert not interrupted.exists()


def test_the_index_names_the_list_it_belongs_to(made, tmp_path):
    exported = write(made, tmp_path)
    assert {row["list_sha256"] for row in cells(exported.index)} == {exported.sha256}


def test_an_empty_list_is_written_too(made, tmp_path):
    write(made, tmp_path)
    exported = write(made.clear(), tmp_path)
    assert exported.merchants == ()
    assert cells(exported.index) == []
    assert pl.read_parquet(exported.stocking_list).schema == made.schema
    assert {path.name for path in tmp_path.iterdir()} == {"stocking_list.parquet", "merchants.csv"}


@pytest.mark.parametrize("merchant", ["../../etc/passwd", "CON", "a/b", "", "名字", "x" * 500])
def test_no_merchant_id_can_choose_its_file_name(merchant):
    assert len(file_name(merchant)) == len("0123456789abcdef.csv")
    assert file_name(merchant).removesuffix(".csv").isalnum()


def test_merchants_that_differ_in_case_or_are_unknown_have_files_of_their_own():
    assert len({file_name(merchant) for merchant in ("m1", "M1", "no-merchant", None)}) == 4


def test_what_is_no_stocking_list_is_not_written(made, tmp_path):
    with pytest.raises(SchemaErrors):
        write(made.drop("notes"), tmp_path)
    assert list(tmp_path.iterdir()) == []
