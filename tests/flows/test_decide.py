"""A workbook comes back: its decisions are kept once, what cannot count is told, and others' files are refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sent_workbook import LIST, SIGNED, line, sent
from small_landing import LISTING, MAY, PRODUCT, small_zone

from flows.cli import main
from flows.decide import (
    DecisionsRefusedError,
    accept,
    decide,
    hold_against_terms,
    keep,
    read_answers,
    told,
)
from flows.ingest import take_in
from flows.lake import Lake
from flows.site import Site
from stocking.decisions import decisions_at
from stocking.incoming.archive import LIMITS, WorkbookError

EVE = MAY - timedelta(hours=20)
TERMS = {"supplier_id": "U1", "lead_time_days": 2.0, "min_order_units": 24, "pack_units": 12}
HOSTILE = "<script>alert(1)</script> | [x](http://x) \x1b[31m"


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A home that knows the products P1 and P2 of session S1, to be ordered in packs of 12, 24 at least."""
    home = tmp_path_factory.mktemp("stocked")
    landing = small_zone(
        home / "landing",
        lineups=[LISTING, LISTING | {"product_id": "P2"}],
        products=[PRODUCT | {"supplier_id": "U1"}, PRODUCT | {"product_id": "P2", "supplier_id": "U1"}],
        suppliers=[TERMS],
    )
    site = Site(home=home / "home")
    take_in(site, landing)
    return site


@pytest.fixture
def site(stocked, tmp_path):
    """The same, for one test to change."""
    from shutil import copytree

    copytree(stocked.home, tmp_path / "home")
    return Site(home=tmp_path / "home")


def put(tmp_path, *lines, name="list.xlsx", **more):
    path = tmp_path / name
    path.write_bytes(sent(*lines, **more))
    return path


def taken(site, file, at=EVE):
    """What the flow does, without an orchestrator."""
    answers = read_answers(file)
    found = hold_against_terms(site, answers, at)
    return told(site, file, (found, keep(site, answers, found, file.name)), at)


def rows(site, table="decisions"):
    return Lake(site.home).scan(table).collect()


def test_decisions_go_into_the_lake_and_are_known_from_then_on(site, tmp_path):
    taken(site, put(tmp_path, line(approved_units=36, note="more"), line(product_id="P2")))
    assert rows(site).rows() == [("M1", LIST, "S1", "P1", 30, 36, "more", EVE)]
    assert decisions_at(rows(site), EVE).is_empty()
    assert decisions_at(rows(site), EVE + timedelta(microseconds=1)).rows() == [("S1", "P1", 36, "more")]


def test_a_home_in_which_nothing_was_decided_has_no_decisions(stocked):
    assert decisions_at(rows(stocked), EVE).is_empty()


def test_the_same_file_twice_changes_nothing_whatever_its_name_and_time(site, tmp_path):
    first, again = put(tmp_path, line(approved_units=36), name="a.xlsx"), tmp_path / "b.xlsx"
    again.write_bytes(first.read_bytes())
    assert taken(site, first).fresh
    before = rows(site)
    second = taken(site, again, EVE + timedelta(hours=1))
    assert not second.fresh
    assert second.sentences()[-1] == "b.xlsx was taken in before: nothing was changed"
    assert rows(site).equals(before)


def test_a_later_file_overrules_an_earlier_one(site, tmp_path):
    taken(site, put(tmp_path, line(approved_units=36)))
    taken(site, put(tmp_path, line(approved_units=0)), EVE + timedelta(hours=1))
    assert decisions_at(rows(site), MAY)["approved_units"].to_list() == [0]


def test_decisions_change_neither_the_data_nor_its_version(site, tmp_path):
    lake = Lake(site.home)
    before = lake.data_version(), lake.versions()
    taken(site, put(tmp_path, line(approved_units=36)))
    assert (lake.data_version(), lake.versions()) == before


def test_the_terms_are_those_of_the_supplier_as_known_then(site, tmp_path):
    decided = taken(site, put(tmp_path, line(approved_units=30), line(product_id="P2", approved_units=24)))
    assert decided.refused == ("row 3, approved_units '30': is not in packs of 12",)
    assert rows(site)["product_id"].to_list() == ["P2"]


def test_what_cannot_count_goes_to_quarantine_once(site, tmp_path):
    file = put(tmp_path, line(approved_units=30), line(product_id="P2", approved_units=24))
    taken(site, file)
    taken(site, file)
    assert rows(site, "quarantine").rows() == [
        ("decisions", "list.xlsx", 3, "approved_units", "30", "is not in packs of 12")
    ]


def test_a_listing_that_was_not_known_by_then_is_refused_and_may_come_again(site, tmp_path):
    file = put(tmp_path, line(approved_units=24))
    early = MAY - timedelta(days=2)
    decided = taken(site, file, early)
    with pytest.raises(
        DecisionsRefusedError, match=r"list\.xlsx: no answer can be kept: row 3, product_id 'P1': is no [^(]*$"
    ):
        accept(decided)
    assert taken(site, file, early + timedelta(microseconds=1)).fresh


def test_another_zone_is_the_same_instant(site, tmp_path):
    taken(site, put(tmp_path, line(approved_units=24)), EVE.astimezone(ZoneInfo("Asia/Shanghai")))
    assert rows(site)["decided_at"].to_list() == [EVE]


def test_a_workbook_sent_back_as_it_came_is_no_mistake(site, tmp_path):
    decided = accept(taken(site, put(tmp_path, line(), line(product_id="P2"))))
    assert decided.sentences()[1] == "answered: 0 (0%)"
    assert decided.sentences()[-1] == "list.xlsx holds no decision: nothing was changed"
    assert not Lake(site.home).has("decisions")


def test_nothing_out_of_a_cell_is_markup_or_paints_over_a_terminal(site, tmp_path):
    decided = taken(site, put(tmp_path, line(product_id=HOSTILE.replace("\x1b", ""), note="?"), line(note="?")))
    shown = decided.markdown()
    assert "<script>" not in shown
    assert r"\[x\]\(http" in shown
    assert all(line.isprintable() for line in decided.sentences())


def test_few_of_many_refusals_are_told_and_all_are_kept(site, tmp_path):
    many = [line(product_id=f"X{n}", approved_units=24) for n in range(25)]
    decided = taken(site, put(tmp_path, line(approved_units=24), *many))
    assert sum(one.startswith("not kept: ") for one in decided.sentences()) == 20
    assert "… and 5 more; all are in the table quarantine" in decided.sentences()
    assert rows(site, "quarantine").height == 25


@pytest.mark.parametrize("kind", ["nothing", "folder"])
def test_what_is_no_file_is_refused(tmp_path, kind):
    path = tmp_path if kind == "folder" else tmp_path / "none.xlsx"
    with pytest.raises(WorkbookError, match="is no file"):
        read_answers(path)


def test_no_more_of_a_file_is_read_than_is_allowed(tmp_path):
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(100 * LIMITS.file_bytes)
    with pytest.raises(WorkbookError, match=r"large\.xlsx has more than the 20,000,000 bytes allowed"):
        read_answers(path)


def test_the_flow_tells_how_far_the_list_was_followed(prefect_api, site, tmp_path):
    decided = decide(site, put(tmp_path, line(approved_units=36), line(product_id="P2", approved_units=0)), EVE)
    assert (decided.figures.raised, decided.figures.declined) == (1, 1)
    assert "units: 36 approved of 60 recommended" in decided.sentences()
    assert decided.sentences()[-1] == f"kept as decided at {EVE.isoformat()} in: {site.home / 'lake' / 'decisions'}"


def left(*arguments):
    with pytest.raises(SystemExit) as gone:
        main([str(one) for one in arguments])
    return gone.value.code


def test_at_the_terminal_it_is_decided_now_unless_a_time_is_named(prefect_api, site, tmp_path, capsys):
    before = datetime.now(UTC)
    assert left("decide", put(tmp_path, line(approved_units=36)), "--home", site.home) == 0
    assert "raised: 1" in capsys.readouterr().out.splitlines()
    assert before <= rows(site)["decided_at"].item() <= datetime.now(UTC)
    named = ("--at", "2024-05-01T00:00:00+08:00")
    assert left("decide", put(tmp_path, line(approved_units=24), name="b.xlsx"), *named, "--home", site.home) == 0
    assert rows(site)["decided_at"].min() == datetime(2024, 4, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"signed": SIGNED | {"audience": "anchor"}}, "only the merchant's list has decisions"),
        ({"names": ("a", "b")}, "is no merchant's list"),
    ],
)
def test_anybody_elses_workbook_is_refused_in_one_line(prefect_api, site, tmp_path, capsys, more, said):
    assert left("decide", put(tmp_path, line(), **more), "--home", site.home) == 2
    told_last = capsys.readouterr().err.splitlines()[-1]
    assert "list.xlsx" in told_last
    assert said in told_last


def test_a_home_that_is_not_there_is_refused_and_not_made(tmp_path, capsys):
    assert left("decide", put(tmp_path, line()), "--home", tmp_path / "mistyped") == 2
    assert "there is no home" in capsys.readouterr().err
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize(
    ("arguments", "said"), [(["none.xlsx"], "does not exist"), ([], "FILE.xlsx"), (["--at", "now"], "--at")]
)
def test_bad_arguments_are_refused_in_one_line(capsys, arguments, said):
    assert left("decide", *arguments) == 2
    told_last = capsys.readouterr().err
    assert told_last.count("\n") == 1
    assert said in told_last
