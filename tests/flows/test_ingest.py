from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from small_landing import LISTING, MAY, PRODUCT, SESSION, SETTINGS, event, order, small_zone, write, write_text

from features.contracts import TABLES
from features.landing_files import LandingError
from features.privacy import Door
from flows.ingest import accept, take_in
from flows.ingest_report import DeliveryRefusedError
from flows.intake import receive, refusals
from flows.lake import Lake
from flows.receiving import Receiver
from flows.site import Site

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "home")


def ingest(lake, zone, **changed: object):
    settings = SETTINGS.model_copy(update=changed)
    return receive(Receiver(lake, settings, Door(b"key", keep_text=settings.keep_text)), zone, NOW)


def table(lake, name):
    return lake.tables((name,))[name]


def everything(lake):
    return {name: frame.rows() for name, frame in lake.tables().items()}


def quarantine(lake):
    return lake.scan("quarantine").sort("table", "file", "row").collect()


def test_a_delivery_comes_into_the_lake(lake, tmp_path):
    report = ingest(lake, small_zone(tmp_path / "zone", events=[event("E1")]))
    assert report.new_rows == 6
    assert table(lake, "orders")["units"].to_list() == [2, 3]
    assert table(lake, "events")["event_id"].to_list() == ["E1"]
    assert {name: frame.schema for name, frame in lake.tables().items()} == {
        name: contract.dtypes for name, contract in TABLES.items()
    }


def test_the_same_delivery_again_changes_nothing(lake, tmp_path):
    zone = small_zone(tmp_path / "zone", events=[event("E1"), event("E2", kind="wave"), event("E3")] * 2)
    ingest(lake, zone, max_bad_share=1.0)
    before = (everything(lake), lake.versions(), lake.data_version(), quarantine(lake).rows())
    report = ingest(lake, zone, max_bad_share=1.0)
    assert (everything(lake), lake.versions(), lake.data_version(), quarantine(lake).rows()) == before
    assert {one.status for one in report.outcomes} == {"known"}
    assert lake.rows("ingest_log") == 5


def test_the_same_rows_in_another_format_change_nothing(lake, tmp_path):
    rows = [event("E1", viewer_id="anna"), event("E2", ts=MAY + timedelta(days=1))]
    ingest(lake, small_zone(tmp_path / "zone", events=rows))
    before = (everything(lake), lake.data_version())
    for file in ("b.csv", "c.ndjson"):
        write(tmp_path / "zone", "events", rows, file)
    report = ingest(lake, tmp_path / "zone")
    assert (everything(lake), lake.data_version()) == before
    assert [(one.new_rows, one.duplicate_rows) for one in report.of_table("events")] == [(0, 0), (0, 2), (0, 2)]


def test_a_row_repeated_within_a_delivery_counts_once(lake, tmp_path):
    zone = small_zone(tmp_path / "zone", events=[event("E1"), event("E1")])
    write(zone, "events", [event("E1"), event("E2")], "b.csv")
    report = ingest(lake, zone)
    assert table(lake, "events")["event_id"].to_list() == ["E1", "E2"]
    assert [(one.new_rows, one.duplicate_rows) for one in report.of_table("events")] == [(1, 1), (1, 1)]


def test_all_versions_of_a_row_are_kept(lake, tmp_path):
    ingest(lake, small_zone(tmp_path / "one"))
    ingest(lake, small_zone(tmp_path / "two", products=[PRODUCT | {"list_price": 13.0}]))
    assert table(lake, "products")["list_price"].to_list() == [12.0, 13.0]


def test_the_lake_is_the_same_however_the_rows_arrive(tmp_path):
    rows = [order(f"O{n}", ts=MAY + timedelta(hours=7 * n)) for n in range(20)]
    at_once, in_parts = Lake(tmp_path / "a"), Lake(tmp_path / "b")
    ingest(at_once, small_zone(tmp_path / "whole", orders=rows))
    for part, chosen in enumerate((rows[13:], rows[:13:2], rows[1:13:2])):
        ingest(in_parts, small_zone(tmp_path / str(part), orders=chosen))
    assert everything(at_once) == everything(in_parts)
    assert sum(map(len, in_parts.parts("orders").values())) > sum(map(len, at_once.parts("orders").values()))


def test_the_version_of_the_data_names_its_content_not_its_home_or_order(tmp_path):
    one, two = Lake(tmp_path / "a"), Lake(tmp_path / "b")
    first = small_zone(tmp_path / "first")
    second = small_zone(tmp_path / "second", orders=[order("O7")])
    for lake, zones in ((one, (first, second)), (two, (second, first))):
        for zone in zones:
            ingest(lake, zone)
    assert one.data_version() == two.data_version() != Lake(tmp_path / "c").data_version()
    assert one.digests() == two.digests()


def test_bad_rows_go_to_quarantine_with_their_place_value_and_reason(lake, tmp_path):
    rows = [order(f"O{n}") for n in range(9)] + [order("O9", units=0)]
    report = ingest(lake, small_zone(tmp_path / "zone", orders=rows))
    assert table(lake, "orders").height == 9
    assert quarantine(lake).rows() == [("orders", "orders/a.parquet", 10, "units", "0", "must lie between 1 and 1e+09")]
    assert report.bad_rows == 1
    assert "quarantine: 1 of orders: units must lie between 1 and 1e+09, such as '0'" in report.sentences()


def test_past_the_configured_share_a_table_is_refused_and_the_others_go_on(lake, tmp_path):
    rows = [order(f"O{n}", units=n % 3) for n in range(9)]
    zone = small_zone(tmp_path / "zone", orders=rows)
    report = ingest(lake, zone)
    assert refusals(report) == ["orders: orders/a.parquet: 3 of 9 rows are bad, more than the share of 0.2 allowed"]
    assert not lake.has("orders")
    assert quarantine(lake)["row"].to_list() == [1, 4, 7]
    assert table(lake, "products").height == 1
    accepted = ingest(lake, zone, max_bad_share=0.5)
    assert refusals(accepted) == []
    assert table(lake, "orders").height == 6
    assert quarantine(lake).height == 3


def test_a_file_that_cannot_be_read_is_quarantined_whole_and_the_others_go_on(lake, tmp_path):
    zone = small_zone(tmp_path / "zone")
    whole = write(zone, "orders", [order("O3")], "b.parquet").read_bytes()
    write_text(zone, "orders", whole[: len(whole) // 2], "b.parquet")
    write_text(zone, "orders", "", "c.csv")
    report = ingest(lake, zone)
    assert refusals(report) == []
    assert table(lake, "orders")["order_id"].to_list() == ["O1", "O2"]
    assert [(row["file"], row["row"], row["column"]) for row in quarantine(lake).to_dicts()] == [
        ("orders/b.parquet", None, None),
        ("orders/c.csv", None, None),
    ]
    write_text(zone, "orders", whole, "b.parquet")
    ingest(lake, zone)
    assert table(lake, "orders")["order_id"].to_list() == ["O1", "O2", "O3"]


def test_nothing_of_a_file_that_turns_out_damaged_half_way_is_seen(lake, tmp_path):
    zone = small_zone(tmp_path / "zone")
    rows = "".join(f"O{n},S1,P1,2024-05-01T12:00:00Z,1,9\n" for n in range(900_000))
    header = "order_id,session_id,product_id,ts,units,unit_price\n"
    write_text(zone, "orders", f'{header}{rows}"never closed,{rows}', "b.csv")
    report = ingest(lake, zone, max_file_bytes=10**9)
    assert [one.status for one in report.of_table("orders")] == ["ingested", "refused"]
    assert table(lake, "orders").height == 2
    assert quarantine(lake).height == 1


def test_a_table_that_must_be_there_and_has_no_usable_file_is_an_error(lake, tmp_path):
    zone = small_zone(tmp_path / "zone")
    write_text(zone, "orders", "", "a.parquet")
    assert refusals(ingest(lake, zone)) == ["orders: orders/a.parquet: is empty: not even a header"]


@pytest.mark.parametrize("name", ["orders", "stock"])
def test_a_table_of_which_no_file_can_be_read_is_an_error_even_if_the_lake_has_rows_of_it(lake, tmp_path, name):
    ingest(lake, small_zone(tmp_path / "one"))
    write_text(tmp_path / "two", name, "", "a.csv")
    write_text(tmp_path / "two", name, "", "b.parquet")
    report = ingest(lake, tmp_path / "two")
    assert refusals(report) == [f"{name}: {name}/a.csv: is empty: not even a header"]
    assert table(lake, "orders").height == 2


def test_a_bad_file_beside_one_that_came_before_is_a_remark(lake, tmp_path):
    zone = small_zone(tmp_path / "zone")
    ingest(lake, zone)
    write_text(zone, "orders", "", "b.csv")
    report = ingest(lake, zone)
    assert refusals(report) == []
    assert "refused orders/b.csv: is empty: not even a header" in report.sentences()


def test_instants_without_a_zone_are_taken_as_utc_and_that_is_said(lake, tmp_path):
    naive = pl.DataFrame([order("O1")]).with_columns(pl.col("ts").dt.replace_time_zone(None))
    report = ingest(lake, small_zone(tmp_path / "zone", orders=naive))
    assert table(lake, "orders")["ts"].to_list() == [MAY + timedelta(minutes=5)]
    assert "column ts of orders holds instants without a zone: taken as UTC" in report.sentences()


def test_missing_tables_are_named_before_anything_is_read(lake, tmp_path):
    write(tmp_path / "zone", "sessions", [SESSION])
    with pytest.raises(LandingError, match="has no files for products, lineups, orders, which must be there"):
        ingest(lake, tmp_path / "zone")
    assert lake.versions() == {}


def test_a_later_delivery_need_not_have_every_table(lake, tmp_path):
    ingest(lake, small_zone(tmp_path / "one"))
    write(tmp_path / "two", "orders", [order("O3")])
    assert ingest(lake, tmp_path / "two").new_rows == 1


def test_tables_without_rows_are_no_error(lake, tmp_path):
    empty = {name: contract.empty() for name, contract in TABLES.items()}
    report = ingest(lake, small_zone(tmp_path / "zone", **empty))
    assert refusals(report) == []
    assert report.absent == tuple(TABLES)
    assert ingest(lake, tmp_path / "zone").new_rows == 0


def test_what_is_missing_and_what_that_costs_is_said(lake, tmp_path):
    report = ingest(lake, small_zone(tmp_path / "zone"))
    assert report.absent == ("suppliers", "returns", "events", "event_counts", "stock")
    assert any(line.startswith("no returns: without return behaviour") for line in report.sentences())


def test_rows_that_name_something_unknown_are_kept_and_counted(lake, tmp_path):
    rows = [order("O1"), order("O2", session_id="S9"), order("O3", session_id="S9", product_id="P9")]
    report = ingest(lake, small_zone(tmp_path / "zone", orders=rows))
    assert table(lake, "orders").height == 3
    assert report.dangling == {("orders", "product_id"): 1, ("orders", "session_id"): 2}
    assert "2 rows of orders name an unknown session_id" in report.sentences()


def count(kind, **more: object):
    return {"session_id": "S1", "product_id": None, "minute": MAY, "kind": kind, "count": 3} | more


def test_counts_of_what_raw_events_have_are_quarantined_and_do_not_refuse_the_table(lake, tmp_path):
    counts = pl.DataFrame(
        [count("like"), count("view"), count("like", session_id="S2")], schema_overrides={"product_id": pl.String}
    )
    report = ingest(lake, small_zone(tmp_path / "zone", events=[event("E1")], event_counts=counts))
    assert table(lake, "event_counts").select("session_id", "kind").rows() == [("S1", "view"), ("S2", "like")]
    assert quarantine(lake).row(0)[2:] == (1, "kind", "like", "events has this session and kind already")
    assert refusals(report) == []


def test_counts_are_set_aside_when_raw_events_arrive_later(lake, tmp_path):
    counts = pl.DataFrame([count("like"), count("view")], schema_overrides={"product_id": pl.String})
    ingest(lake, small_zone(tmp_path / "one", event_counts=counts))
    assert table(lake, "event_counts").height == 2
    write(tmp_path / "two", "events", [event("E1")])
    report = ingest(lake, tmp_path / "two")
    assert table(lake, "event_counts")["kind"].to_list() == ["view"]
    assert report.set_aside == 1


@pytest.mark.parametrize("counts_first", [True, False])
def test_a_raw_event_that_is_learnt_of_weeks_later_erases_no_count_known_before(lake, tmp_path, counts_first):
    counts = [count("add_to_cart"), count("add_to_cart", minute=MAY + timedelta(days=40))]
    late = [event("E1", kind="add_to_cart", received_at=MAY + timedelta(days=30))]
    write(tmp_path / "events", "events", late)
    write(tmp_path / "counts", "event_counts", pl.DataFrame(counts, schema_overrides={"product_id": pl.String}))
    ingest(lake, small_zone(tmp_path / "zone"))
    for part in ("counts", "events") if counts_first else ("events", "counts"):
        report = ingest(lake, tmp_path / part, max_bad_share=1.0)
    assert table(lake, "event_counts")["minute"].to_list() == [MAY]
    assert report.set_aside == (1 if counts_first else 0)


def test_viewers_are_hashed_and_text_is_kept_only_as_configured(lake, tmp_path):
    ingest(lake, small_zone(tmp_path / "zone", events=[event("E1", viewer_id="anna", text="hello")]), keep_text=False)
    viewers = [table(lake, name)["viewer_id"][0] for name in ("events", "orders")]
    assert viewers[0] == viewers[1] == Door(b"key", keep_text=False).pseudonyms(pl.Series(["anna"])).item()
    assert table(lake, "events")["text"].to_list() == [None]


def test_late_rows_join_the_day_that_they_belong_to(lake, tmp_path):
    ingest(lake, small_zone(tmp_path / "one", orders=[order("O1", ts=MAY + timedelta(days=3))]))
    ingest(lake, small_zone(tmp_path / "two", orders=[order("O2", ts=MAY)]))
    assert table(lake, "orders")["order_id"].to_list() == ["O2", "O1"]
    assert [str(day) for day in lake.parts("orders")] == ["2024-05-01", "2024-05-04"]


def test_the_days_are_those_of_utc(lake, tmp_path):
    late = datetime(2024, 5, 1, 23, 59, 59, 999999, tzinfo=UTC)
    ingest(
        lake,
        small_zone(tmp_path / "zone", orders=[order("O1", ts=late), order("O2", ts=late + timedelta(microseconds=1))]),
    )
    assert [str(day) for day in lake.parts("orders")] == ["2024-05-01", "2024-05-02"]


def test_the_log_remembers_every_file(lake, tmp_path):
    zone = small_zone(tmp_path / "zone", products=[PRODUCT | {"colour": "red"}])
    write_text(zone, "orders", "", "b.csv")
    ingest(lake, zone)
    told = (
        lake.scan("ingest_log")
        .sort("file")
        .select("file", "status", "new_rows", "ignored_columns", "ingested_at")
        .collect()
    )
    assert told.rows() == [
        ("lineups/a.parquet", "ingested", 1, None, NOW),
        ("orders/a.parquet", "ingested", 2, None, NOW),
        ("orders/b.csv", "refused", 0, None, NOW),
        ("products/a.parquet", "ingested", 1, "colour", NOW),
        ("sessions/a.parquet", "ingested", 1, None, NOW),
    ]


def test_the_page_cannot_be_written_by_the_data(lake, tmp_path):
    hostile = "<script>|x|\n# [a](http://b)"
    rows = [order(f"O{n}") for n in range(9)] + [order("O9", session_id=hostile * 10)]
    zone = small_zone(tmp_path / "zone", orders=rows, products=[PRODUCT | {hostile: 1}])
    page = ingest(lake, zone).markdown()
    assert "<script>" not in page
    assert "](" not in page
    assert page.count("\n# ") == 0


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setenv("BAOKUAN_VIEWER_KEY", "key")
    return Site(home=tmp_path / "home")


def test_an_accepted_delivery_tells_its_numbers_and_where_the_lake_is(site, tmp_path):
    told = accept(site, take_in(site, small_zone(tmp_path / "zone")))
    assert told.new_rows == 5
    assert told.data_version == Lake(site.home).data_version()
    assert told.sentences()[-1] == f"lake: {site.home.resolve() / 'lake'}, data version {told.data_version}"


def test_a_refused_delivery_is_an_error_that_has_the_report(site, tmp_path):
    report = take_in(site, small_zone(tmp_path / "zone", orders=[order("O1", units=0)]))
    with pytest.raises(DeliveryRefusedError, match=r"orders/a\.parquet: 1 of 1 rows are bad") as caught:
        accept(site, report)
    assert caught.value.report is report


def test_listings_of_two_sessions_are_two_rows(lake, tmp_path):
    ingest(lake, small_zone(tmp_path / "zone", lineups=[LISTING, LISTING | {"session_id": "S2"}]))
    assert table(lake, "lineups").height == 2
