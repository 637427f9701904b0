import polars as pl

from features.contracts import TABLES
from features.privacy import Door, at_the_door
from features.quarantine import faults, kept


def door(key=b"key", *, keep_text=True):
    return Door(key, keep_text=keep_text)


def test_equal_viewers_get_equal_pseudonyms_and_others_get_others():
    hashed = door().pseudonyms(pl.Series(["anna", "ben", None, "anna"])).to_list()
    assert hashed[0] == hashed[3] != hashed[1]
    assert hashed[2] is None
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in hashed if one)


def test_another_key_gives_other_pseudonyms():
    viewers = pl.Series(["anna"])
    assert door(b"one").pseudonyms(viewers).item() != door(b"two").pseudonyms(viewers).item()


def test_a_viewer_keeps_the_pseudonym_also_when_the_door_no_longer_has_it_at_hand(monkeypatch):
    monkeypatch.setattr("features.privacy.REMEMBERED", 2)
    own, viewers = door(), pl.Series("viewer_id", ["a", "b", None, "c", "a", "d"])
    told = [own.pseudonyms(viewers[start:]) for start in (0, 3, 1, 0)]
    assert told[0].to_list() == [viewer and own.pseudonym(viewer) for viewer in viewers]
    assert told[0].n_unique() == 5
    assert [one.to_list() for one in told] == [told[0][start:].to_list() for start in (0, 3, 1, 0)]


def test_keys_of_any_length_work():
    assert len(door(b"k" * 500).pseudonyms(pl.Series(["anna"])).item()) == 16


def test_viewers_that_are_all_unknown_stay_unknown():
    assert door().pseudonyms(pl.Series([None, None], dtype=pl.String)).to_list() == [None, None]


def test_only_viewers_and_their_words_change_at_the_door():
    events = (
        TABLES["events"].empty().clear(1).with_columns(viewer_id=pl.lit("anna"), text=pl.lit("hi"), kind=pl.lit("like"))
    )
    passed = at_the_door(events, TABLES["events"], door(keep_text=False))
    assert passed["text"].to_list() == [None]
    assert passed["viewer_id"].to_list() != ["anna"]
    assert passed.drop("viewer_id", "text").equals(events.drop("viewer_id", "text"))
    assert passed.schema == events.schema


def test_text_is_kept_where_it_may_be():
    events = TABLES["events"].empty().clear(1).with_columns(text=pl.lit("hi"))
    assert at_the_door(events, TABLES["events"], door()).item(0, "text") == "hi"


def test_quarantine_keeps_no_viewer_no_words_and_no_torn_line_that_may_hold_them():
    found = faults(
        [
            (1, "viewer_id", "anna" * 99, "x"),
            (2, "text", "hello", "x"),
            (3, None, "anna,hello", "x"),
            (4, "kind", "wave", "x"),
        ]
    )
    assert kept(found, TABLES["events"], "a.csv", 40)["value"].to_list() == [None, None, None, "wave"]


def test_quarantine_cuts_long_values():
    found = faults([(1, "title", "x" * 5_000, "x"), (2, None, "y" * 5_000, "x")])
    assert kept(found, TABLES["products"], "a.csv", 40)["value"].to_list() == ["x" * 40, "y" * 40]
