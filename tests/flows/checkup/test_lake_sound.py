"""Real damage to a table, and what is found of it."""

import polars as pl
import pytest
from small_landing import MAY

from features.contracts import TABLES
from flows.checkup.finding import Kind
from flows.checkup.lake_sound import state_findings, table_findings
from flows.delta_log import LOG, path_of, read
from flows.joining import join
from flows.lake import Lake, schema_of

COMMITS = 3


def stock(units):
    return pl.DataFrame([("P", MAY, units, 0, None)], schema=TABLES["stock"].dtypes, orient="row")


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path)
    for number in range(COMMITS):
        append = lake.append("stock", f"t{number}")
        append.add(stock(number))
        append.commit([f"t{number}"], {f"t{number}": "a.csv"})
    return lake


@pytest.fixture
def log(lake):
    return lake.root / "stock" / LOG


def found(lake, name="stock", *, deep=False):
    return [(one.kind, one.what) for one in table_findings(lake.root / name, schema_of(name), deep=deep)]


def shown(lake, number):
    return next((lake.root / "stock").glob(f"t{number}-*.parquet"))


def flipped(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_sound_table_has_no_findings_also_after_it_was_joined_and_cleared(lake):
    assert found(lake, deep=True) == []
    join(lake, "stock", 2)
    lake.checkpoint("stock")
    assert found(lake, deep=True) == []


def test_a_commit_in_the_middle_that_is_not_what_it_was_is_named(lake, log):
    path = path_of(log, 2)
    for old, new in ((b"t1-00000", b"t0-00000"), (b'"appId":"t1"', b'"appId":"t7"'), (b"a.csv", b"b.csv")):
        whole = path.read_bytes()
        assert old in whole
        path.write_bytes(whole.replace(old, new))
        ((kind, what), *_) = found(lake)
        assert (kind, str(path) in what, "altered" in what) == (Kind.LAKE_DAMAGED, True, True)
        path.write_bytes(whole)
    assert found(lake) == []


def test_every_bit_of_what_matters_in_a_commit_is_noticed(lake, log):
    path = path_of(log, 2)
    whole = path.read_bytes()
    matters = whole.index(b'"path"'), whole.index(b'"modificationTime"')
    for at in (*range(*matters), whole.index(b'"numRecords') + 4, whole.index(b'"txn"') + 14):
        flipped(path, at)
        assert found(lake), whole[at : at + 1]
        path.write_bytes(whole)


def test_an_empty_and_a_missing_commit_are_named(lake, log):
    path = path_of(log, 2)
    path.write_bytes(b"")
    assert "an empty file" in found(lake)[0][1]
    path.unlink()
    assert "1 commits are missing, the first of version 2" in found(lake)[0][1]
    path_of(log, 1).unlink()
    path_of(log, 0).unlink()
    assert "begins with version 3" in found(lake)[0][1]


def test_a_table_without_any_commit_is_named(lake, log):
    for path in log.glob("*.json"):
        path.unlink()
    assert "data without any commit" in found(lake)[0][1]


def test_data_files_that_are_missing_cut_or_unreadable_are_named(lake):
    one, two, three = (shown(lake, number) for number in range(3))
    one.unlink()
    two.write_bytes(two.read_bytes()[:-3])
    three.write_bytes(b"x" * three.stat().st_size)
    told = dict(zip(("missing", "bytes, expected", "no readable Parquet"), (one, two, three), strict=True))
    findings = [what for kind, what in found(lake) if kind is Kind.LAKE_DAMAGED]
    assert len(findings) == COMMITS
    for words, path in told.items():
        assert any(str(path) in what and words in what for what in findings)


def test_a_bit_that_flipped_in_a_data_file_is_found_by_reading_deeply(lake):
    path = shown(lake, 1)
    flipped(path, 20)
    assert found(lake) == []  # the footer is whole: only the bytes tell
    ((kind, what),) = found(lake, deep=True)
    assert (kind, what) == (Kind.LAKE_DAMAGED, f"{path}: not the bytes that were written")


def test_another_tables_file_in_its_place_is_found_by_its_columns(lake):
    path = shown(lake, 1)
    pl.DataFrame({"other": [1]}).write_parquet(path)
    commit = path_of(lake.root / "stock" / LOG, 2)
    told = commit.read_text().replace(f'"size":{read(commit).added[0].size}', f'"size":{path.stat().st_size}')
    commit.write_text(told)
    assert any("altered" in what for _, what in found(lake))


def test_a_checkpoint_that_cannot_be_read_is_named(lake, log):
    lake.checkpoint("stock")
    (path,) = log.glob("*.checkpoint.parquet")
    path.write_bytes(path.read_bytes()[:-8])
    assert found(lake) == [(Kind.CHECKPOINT_DAMAGED, f"{path}: cannot be read")]


def test_a_table_that_grows_step_by_step_may_have_lost_its_first_commits_to_a_checkpoint(tmp_path):
    lake = Lake(tmp_path)
    growing = lake.growing("alerts")
    for step in range(1, 25):
        growing.add(step, pl.DataFrame(schema=schema_of("alerts")).clear(1))
    assert found(lake, "alerts", deep=True) == []
    log = lake.root / "alerts" / LOG
    for version in range(15):
        path_of(log, version).unlink()
    assert found(lake, "alerts", deep=True) == []


def test_files_of_before_digests_were_kept_are_told_but_need_nobody(lake, log):
    path = path_of(log, 2)
    told = [line for line in path.read_text().splitlines() if "commitInfo" not in line]
    path.write_text("\n".join(told))
    (one,) = table_findings(lake.root / "stock", schema_of("stock"), deep=True)
    assert (one.bad, "1 data files without a digest" in one.what) == (False, True)


def test_a_checkpoint_that_says_otherwise_than_the_log_is_named(lake, log):
    lake.checkpoint("stock")
    read_by_delta = {one for part in lake.parts("stock").values() for one in part}
    assert list(state_findings(log.parent, read_by_delta)) == []
    (one,) = state_findings(log.parent, set(sorted(read_by_delta)[1:]))
    assert (one.kind, "on 1 files" in one.what) == (Kind.CHECKPOINT_DAMAGED, True)
