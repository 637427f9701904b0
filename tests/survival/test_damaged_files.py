"""Damaged and foreign landing files go to quarantine with a reason; a sound copy brings their rows later."""

from random import Random

import pytest
from sent_workbook import line, sent
from small_landing import MAY, SETTINGS, order, refusal, sifted, small_zone, write, write_text

from features.privacy import Door
from flows.intake import receive
from flows.lake import Lake
from flows.receiving import Receiver

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
ROWS = [order(f"N{n:04d}") for n in range(400)]
OLD = {"O1", "O2"}


@pytest.fixture
def zone(tmp_path):
    return small_zone(tmp_path / "zone")


def taken_in(zone, home):
    lake = Lake(home)
    receive(Receiver(lake, SETTINGS, Door(b"key", keep_text=True)), zone, MAY)
    reasons = lake.scan("quarantine").collect()
    return set(lake.tables()["orders"]["order_id"]), reasons


def damaged(content):
    """Every fault by its name, and the bytes that it leaves."""
    return {
        "empty": b"",
        "torn": content[: len(content) // 2],
        "without its last byte": content[:-1],
        "a picture": PNG,
        "a workbook": sent(line()),
        "zeros": bytes(len(content)),
    }


@pytest.mark.parametrize("name", ["empty", "torn", "without its last byte", "a picture", "a workbook", "zeros"])
def test_a_parquet_file_that_is_none_is_quarantined_and_its_sound_copy_is_taken_in(zone, tmp_path, name):
    path = write(zone, "orders", ROWS, "b.parquet")
    whole = path.read_bytes()
    path.write_bytes(damaged(whole)[name])
    ids, quarantine = taken_in(zone, tmp_path / "home")
    assert ids == OLD
    assert quarantine.select("file", "row").rows() == [("orders/b.parquet", None)]
    assert quarantine["reason"][0]
    path.write_bytes(whole)
    assert taken_in(zone, tmp_path / "home")[0] == OLD | {row["order_id"] for row in ROWS}


@pytest.mark.parametrize("file", ["b.csv", "b.ndjson"])
@pytest.mark.parametrize("name", ["empty", "a picture", "a workbook", "zeros"])
def test_a_text_file_that_is_none_is_quarantined_and_nothing_of_it_is_taken_in(zone, tmp_path, file, name):
    write_text(zone, "orders", damaged(b"x" * 100)[name], file)
    ids, quarantine = taken_in(zone, tmp_path / "home")
    assert ids == OLD
    assert set(quarantine["file"]) == {f"orders/{file}"}


@pytest.mark.parametrize("file", ["b.parquet", "b.csv", "b.ndjson"])
def test_a_flipped_bit_costs_its_file_or_single_rows_which_go_to_quarantine(tmp_path, file):
    """Where the file can still be read, its rows are judged one by one; a value that is legal all the same counts."""
    path = write(tmp_path, "orders", ROWS, file)
    whole, chance, seen = path.read_bytes(), Random(file), set()
    for _ in range(25):
        flipped = bytearray(whole)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(flipped))
        if reason := refusal(path, "orders"):
            seen.add(reason[:20])
            continue
        good, faults = sifted(path, "orders")
        lost_at_most = 1 if faults else 0  # where a line's end is lost, two rows are one bad line
        assert good.height + len({row for row, _, _ in faults}) >= len(ROWS) - lost_at_most
        seen.add("read")
    assert "read" in seen
