import os
import stat
from typing import Never

import pytest

from stocking.durable import replace


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    for content in (b"old", b"new"):
        replace(tmp_path / "list.csv", content)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("list.csv", b"new")]


def test_when_writing_fails_the_old_file_stands_and_no_fragment_is_left(tmp_path, monkeypatch):
    path = replace(tmp_path / "list.csv", b"old")

    def full(_descriptor: int) -> Never:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        replace(path, b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("list.csv", b"old")]


def test_the_file_may_be_read_by_whom_the_umask_allows(tmp_path):
    before = os.umask(0o027)
    try:
        path = replace(tmp_path / "list.csv", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
