import csv
import io
from dataclasses import replace

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from polars.testing import assert_frame_equal
from small_plan import background, decided, limits

from stocking.exports import FORMATS, Contents, Style, file_name, write
from stocking.stocking_list import STOCKING_LIST

ROWS = (
    {"product_id": "P1", "merchant_id": "M1", "title": "=HYPERLINK(1)"},
    {"product_id": "P2", "merchant_id": "M2", "title": 'Mug, "large"', "supplier_id": "U2"},
    {"product_id": "007", "merchant_id": None, "title": "口红", "supplier_id": None},
)
TABLES = Style("en", ("csv", "parquet"))


@pytest.fixture
def plan():
    return Contents(decided(*ROWS), limits(), background())


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def cells(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def merchants(exported, out):
    """Each merchant's CSV file."""
    wanted = {"audience": "merchant", "format": "csv"}
    return {row["reader_id"]: out / row["file"] for row in cells(exported.index) if wanted.items() <= row.items()}


def test_the_parquet_file_is_the_list_exactly_and_no_column_more(plan, tmp_path):
    read = pl.read_parquet(write(plan, tmp_path, TABLES).stocking_list)
    assert_frame_equal(read, plan.decided.select(*STOCKING_LIST.columns), check_exact=True)


def test_the_index_says_whose_each_file_is_and_names_every_file(plan, tmp_path):
    exported = write(plan, tmp_path, TABLES)
    rows = cells(exported.index)
    whose = [(row["audience"], row["reader_id"], row["listings"]) for row in rows if row["format"] == "csv"]
    assert whose == [
        ("merchant", "M1", "1"),
        ("merchant", "M2", "1"),
        ("merchant", "", "1"),
        ("supplier", "U1", "1"),
        ("supplier", "U2", "1"),
        ("logistics", "", "3"),
        ("anchor", "A1", "3"),
    ]
    assert {tmp_path / row["file"] for row in rows} == set(exported.papers)
    assert all(path.is_file() for path in exported.papers)


def test_each_merchant_gets_its_own_lines_and_no_other(plan, tmp_path):
    files = merchants(write(plan, tmp_path, TABLES), tmp_path)
    assert {merchant: [row["product_id"] for row in cells(path)] for merchant, path in files.items()} == {
        "M1": ["P1"],
        "M2": ["P2"],
        "": ["'007"],
    }


def test_text_is_quoted_and_safe_and_numbers_stay_numbers(plan, tmp_path):
    first = merchants(write(plan, tmp_path, TABLES), tmp_path)["M1"].read_bytes()
    assert first.startswith(b"\xef\xbb\xbf" + b'"rank","title"')
    assert first.endswith(b"\r\n")
    assert b'1,"\'=HYPERLINK(1)","P1","S1","2024-06-24T12:00:00Z",10.0,60,12,' in first


def test_quotes_in_a_title_survive(plan, tmp_path):
    assert cells(merchants(write(plan, tmp_path, TABLES), tmp_path)["M2"])[0]["title"] == 'Mug, "large"'


def test_only_the_formats_asked_for_are_written(plan, tmp_path):
    exported = write(plan, tmp_path, Style("en", ("csv",)))
    assert {path.suffix for path in exported.papers} == {".csv"}


def test_each_paper_comes_in_every_format_in_the_language_asked_for(plan, tmp_path):
    exported = write(plan, tmp_path, Style("zh-CN"))
    assert len(exported.papers) == 7 * len(FORMATS)
    pages = [path.read_text(encoding="utf-8") for path in exported.papers if path.suffix == ".html"]
    assert all('lang="zh-CN"' in page for page in pages)


@pytest.mark.parametrize("style", [Style("en"), Style("zh-CN")])
def test_the_same_plan_gives_the_same_bytes(plan, tmp_path, style):
    for out in ("one", "other", "other"):
        write(plan, tmp_path / out, style)
    assert everything(tmp_path / "one") == everything(tmp_path / "other")


def test_the_chunks_of_the_frame_do_not_show_in_the_bytes(plan, tmp_path):
    write(plan, tmp_path / "one", TABLES)
    pieces = pl.concat([plan.decided[:1], plan.decided[1:]], rechunk=False)
    write(replace(plan, decided=pieces), tmp_path / "other", TABLES)
    assert everything(tmp_path / "one") == everything(tmp_path / "other")


@pytest.mark.parametrize(
    "other",
    [
        {"background": background(None, ("stock", "old"))},
        {"limits": limits(("volume", None, None, "litres", 9.0, 1.0, 0.0))},
        {"decided": decided(*ROWS).with_columns(cost=pl.lit(4.5))},
    ],
)
def test_papers_of_other_contents_never_share_a_folder(plan, tmp_path, other):
    folders = [write(one, tmp_path, TABLES).papers[0].parents[1] for one in (plan, replace(plan, **other))]
    assert folders[0] != folders[1]
    assert write(plan, tmp_path, Style("zh-CN", ("csv",))).papers[0].parents[1] not in folders


def test_an_earlier_list_leaves_no_file_behind_but_foreign_files_stay(plan, tmp_path):
    earlier = write(plan, tmp_path, TABLES)
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    letter = earlier.papers[0].parent / "letter.txt"
    letter.write_text("keep", encoding="utf-8")
    later = write(replace(plan, decided=decided(ROWS[0])), tmp_path, TABLES)
    expected = {later.stocking_list, later.index, *later.papers, tmp_path / "mine.txt", letter}
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == expected


def test_fragments_of_an_interrupted_list_are_cleared_by_the_next(plan, tmp_path):
    interrupted = tmp_path / "papers-0123456789ab" / "merchant"
    interrupted.mkdir(parents=True)
    (interrupted / ".0123456789abcdef.xlsx.k3_x.tmp").write_bytes(b"half")
    write(plan, tmp_path, TABLES)
    assert not interrupted.parent.exists()


def test_the_index_names_the_list_it_belongs_to(plan, tmp_path):
    exported = write(plan, tmp_path, TABLES)
    assert {row["list_sha256"] for row in cells(exported.index)} == {exported.sha256}


def test_an_empty_list_is_written_too(plan, tmp_path):
    write(plan, tmp_path, TABLES)
    exported = write(replace(plan, decided=plan.decided.clear()), tmp_path, TABLES)
    assert exported.papers == ()
    assert cells(exported.index) == []
    assert pl.read_parquet(exported.stocking_list).columns == list(STOCKING_LIST.columns)
    assert {path.name for path in tmp_path.iterdir()} == {"stocking_list.parquet", "papers.csv"}


@pytest.mark.parametrize("reader", ["../../etc/passwd", "../x", "*", "CON", "a/b", "", "名字", "x" * 500])
def test_no_reader_s_id_can_choose_its_file_name(reader, tmp_path):
    assert len(file_name(reader, "csv")) == len("0123456789abcdef.csv")
    assert file_name(reader, "csv").removesuffix(".csv").isalnum()
    owners = dict.fromkeys(("merchant_id", "supplier_id", "anchor_id"), reader)
    out = tmp_path / "inside" / "out"
    exported = write(Contents(decided(owners), limits(), background()), out, TABLES)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {
        exported.stocking_list, exported.index, *exported.papers,
    }  # fmt: skip
    assert {path.parents[2] for path in exported.papers} == {out}


def test_readers_that_differ_in_case_or_are_unknown_have_files_of_their_own():
    assert len({file_name(reader, "xlsx") for reader in ("m1", "M1", "no-reader", None)}) == 4


def test_what_is_no_plan_is_not_written(plan, tmp_path):
    with pytest.raises(SchemaErrors):
        write(replace(plan, decided=plan.decided.drop("notes")), tmp_path, TABLES)
    assert list(tmp_path.iterdir()) == []
