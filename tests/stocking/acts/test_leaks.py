"""Every value of a board is a mark found nowhere else; each reader's rows and page are searched for others' marks."""

import io
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocking.acts.advise import ALERTS, LISTING_KINDS
from stocking.acts.audiences import HISTORY, LISTINGS, Board, shares
from stocking.acts.page import Status, page_name, pages

READER = {"merchant": "merchant_id", "supplier": "supplier_id", "anchor": "anchor_id", "logistics": None}
ALL_KINDS = (*LISTING_KINDS, "feed_silent", "room_silent")
KINDS = {
    "merchant": set(LISTING_KINDS),
    "supplier": {"convert"},
    "anchor": {"sell_out", "sell_out_off", "slow_down", "speed_up", "swap"},
    "logistics": {"convert", "reallocate"},
}
MINUTES = {"minute_low", "minute_mid", "minute_high"}
SEEN = {
    "merchant": {
        "alerts": {"alert_id", "units", "by", "value", "reason", "session_id", "product_id", *MINUTES},
        "listings": {
            "session_id", "product_id", "title", "category", "price", "scheduled_at", "ends", "minutes_open",
            "sold_units", "p_hit", "stock_units", "units_offered", "reserve_units", "sell_out_chance", *MINUTES,
            *(name for name in LISTINGS if name.startswith("demand_")),
        },
        "history": set(HISTORY),
    },
    "supplier": {"alerts": {"alert_id", "units", "by", "product_id"}, "listings": {"title"}, "history": set()},
    "anchor": {
        "alerts": {"alert_id", "reason", "session_id", "product_id", *MINUTES},
        "listings": {
            "session_id", "product_id", "room_id", "title", "scheduled_at", "ends", "minutes_open", "sold_units",
            "stock_units", *MINUTES,
        },
        "history": {"session_id", "product_id", "sold_units", "stock_units"},
    },
    "logistics": {
        "alerts": {"alert_id", "units", "by", "session_id", "product_id"},
        "listings": {"title", "session_id"},
        "history": set(),
    },
}  # fmt: skip
"""By audience and frame the columns that may be read in its own rows, written down apart from the program's table."""

OWNERS = ("merchant_id", "supplier_id", "anchor_id")
START = datetime(2024, 6, 24, tzinfo=UTC)
NOW = START + timedelta(hours=9)
STATUS = Status(7, NOW, "all rooms heard", False, 5, "Asia/Shanghai", "CNY")


def mark(name, dtype, number):
    """A value of its own: numbers of six digits and more, shares of nine decimals."""
    place = 1_000 * (number + 1) + 7 * (sum(map(ord, name)) % 140) + 13
    if dtype == pl.String:
        return f"{name}~{place}q"
    if dtype == pl.Int64:
        return 700_001 + 37 * place
    if dtype == pl.Float64:
        return place / 1e9 + 0.3 if name in {"p_hit", "sell_out_chance", "return_rate"} else 700_019.3125 + 53 * place
    if isinstance(dtype, pl.Datetime):
        return START + timedelta(hours=number, seconds=place)
    return None


def marked(schema, number, **fixed):
    return {name: mark(name, dtype, number) for name, dtype in schema.items()} | fixed


def board(owners):
    """A listing for each owner, in one session; an alert of each kind for each, turning to the next listing."""
    ids = [{name: None if one is None else f"{name}~{one}q" for name, one in zip(OWNERS, row, strict=True)}
           for row in owners]  # fmt: skip
    keys = [{"session_id": f"session~{row[2]}q", "product_id": f"product~{at}q"} for at, row in enumerate(owners)]
    listings = [
        marked(LISTINGS, at, cutoff=NOW, on_show=True, **key, **one)
        for at, (key, one) in enumerate(zip(keys, ids, strict=True))
    ]
    history = [marked(HISTORY, 20 + 2 * at + back, cutoff=NOW - timedelta(minutes=back), **keys[at])
               for at in range(len(keys)) for back in (0, 1)]  # fmt: skip
    alerts = []
    for at, key in enumerate(keys):
        for place, kind in enumerate(ALL_KINDS):
            near = [one for one in keys if one["session_id"] == key["session_id"] and one != key]
            to = {"to_session_id": None, "to_product_id": near[0]["product_id"] if near else None}
            of = key | ids[at] if kind in LISTING_KINDS else dict.fromkeys(("session_id", "product_id", *OWNERS))
            alerts.append(marked(ALERTS, 40 + 12 * at + place, tick=7, cutoff=NOW, kind=kind) | to | of)
    return Board(
        pl.DataFrame(alerts, schema=ALERTS),
        pl.DataFrame(listings, schema=LISTINGS),
        pl.DataFrame(history, schema=HISTORY),
    )


def traces(value):
    """How a value may stand in a file: as it is, rounded, with commas, as an hour."""
    if value is None or isinstance(value, bool):
        return set()
    if isinstance(value, int):
        return {str(value), f"{value:,}"}
    if isinstance(value, float):
        whole = {f"{round(value)}", f"{round(value):,}"} if value > 1 else set()
        return {repr(value), f"{value:.16G}", *whole}
    if isinstance(value, datetime):
        return {value.strftime("%Y-%m-%dT%H:%M:%S")}
    return {value}


def readable(share, page):
    yield page.decode()
    for frame in (share.alerts, share.listings, share.history):
        if frame.width:
            raw = io.BytesIO()
            frame.write_parquet(raw, compression="uncompressed")
            yield raw.getvalue().decode("latin-1")
            yield frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S")


def allowed(every, share):
    """The traces of the reader's own rows in the columns, and for alerts the kinds, that it may see."""
    column, seen = READER[share.audience], SEEN[share.audience]
    mine = pl.lit(value=True) if column is None else pl.col(column).eq_missing(pl.lit(share.reader, pl.String))
    own, keys = every.listings.filter(mine), ["session_id", "product_id"]
    history = every.history.join(own.select(*keys, "units_offered"), on=keys)
    if share.audience == "anchor":  # of its goods what may be sold
        on_sale = pl.min_horizontal("stock_units", "units_offered").alias("stock_units")
        own, history = own.with_columns(on_sale), history.with_columns(on_sale)
    frames = [
        every.alerts.filter(mine, pl.col("kind").is_in(KINDS[share.audience])).select(sorted(seen["alerts"])),
        own.select(sorted(seen["listings"])),
        history.select(sorted(seen["history"])),
    ]
    told = {one for frame in frames for value in frame for each in value.to_list() for one in traces(each)}
    return told | ({share.reader} - {None})


owner = st.sampled_from(["a", "b", None])


@settings(max_examples=15, deadline=None)
@given(owners=st.lists(st.tuples(owner, owner, owner), min_size=2, max_size=4))
def test_no_reader_gets_a_value_that_is_not_theirs(owners):
    every = board(owners)
    frames = (every.alerts.drop("kind", "tick", "cutoff"), every.listings.drop("cutoff"), every.history.drop("cutoff"))
    all_traces = {one for frame in frames for value in frame for each in value.to_list() for one in traces(each)}
    made = pages(every, STATUS)
    for share in shares(every, tuple(READER)):
        secrets = all_traces - allowed(every, share)
        assert len(secrets) > 50
        text = "\n".join(readable(share, made[page_name(share.audience, share.reader)]))
        found = {one for one in secrets if one in text}
        if share.audience == "anchor":
            found -= set(every.listings["title"].to_list())
            found -= set(every.listings["product_id"].to_list())
        assert found == set(), (share.audience, share.reader)


def test_an_anchor_is_told_only_of_products_of_the_own_session():
    every = board([("a", "a", "a"), ("b", "b", "a"), ("b", "b", "b")])
    (mine,) = [share for share in shares(every, ("anchor",)) if share.reader == "anchor_id~aq"]
    text = "\n".join(readable(mine, pages(every, STATUS)[page_name("anchor", mine.reader)]))
    titles = every.listings["title"].to_list()
    assert [title in text for title in titles] == [True, True, False]


def test_a_merchant_is_not_told_which_other_merchants_product_is_shown_instead_nor_its_worth():
    every = board([("a", "a", "a"), ("b", "b", "a")])
    (mine,) = [share for share in shares(every, ("merchant",)) if share.reader == "merchant_id~aq"]
    swap = mine.alerts.filter(kind="swap").row(0, named=True)
    assert (swap["to_product_id"], swap["to_title"], swap["value"]) == (None, None, None)
    own = board([("a", "a", "a"), ("a", "b", "a")])
    swap = shares(own, ("merchant",))[0].alerts.filter(kind="swap").row(0, named=True)
    assert (swap["to_product_id"], swap["value"] is None) == ("product~1q", False)


@pytest.mark.parametrize(("offered", "seen"), [(600_017, 600_017), (900_019, 800_011), (None, 800_011)])
def test_an_anchor_sees_of_the_goods_those_that_may_be_sold(offered, seen):
    every = board([("a", "a", "a")])
    goods = {"stock_units": pl.lit(800_011, pl.Int64)}
    here = Board(
        every.alerts,
        every.listings.with_columns(**goods, units_offered=pl.lit(offered, pl.Int64), sold_units=pl.lit(3, pl.Int64)),
        every.history.with_columns(**goods, sold_units=pl.lit(3, pl.Int64)),
    )
    (share,) = shares(here, ("anchor",))
    text = "\n".join(readable(share, pages(here, STATUS)[page_name("anchor", share.reader)]))
    assert set(share.listings["stock_units"]) == set(share.history["stock_units"]) == {seen}
    for units in {800_011, 900_019, 600_017, 800_008, 900_016, 600_014} - {seen, seen - 3}:
        assert not any(one in text for one in traces(units)), units


def test_the_operator_sees_everything():
    every = board([("a", "b", "a"), ("b", "a", None)])
    (share,) = shares(every, ("operator",))
    assert share.alerts.select(ALERTS.names()).sort("alert_id").equals(every.alerts.sort("alert_id"))
    assert share.listings.equals(every.listings.sort("session_id", "product_id"))
    assert set(share.alerts["kind"]) == set(ALL_KINDS)


@pytest.mark.parametrize("audience", sorted(READER))
def test_the_search_finds_what_is_there(audience):
    every = board([("a", "b", "c")])
    (share,) = shares(every, (audience,))
    text = "\n".join(readable(share, pages(every, STATUS)[page_name(audience, share.reader)]))
    row = every.alerts.filter(pl.col("kind").is_in(KINDS[audience])).row(0, named=True)
    assert {name for name in SEEN[audience]["alerts"] if any(one in text for one in traces(row[name]))} == (
        SEEN[audience]["alerts"]
    )


def test_suppliers_who_are_not_known_get_nothing_others_get_theirs():
    every = board([("a", None, None)])
    assert [(share.audience, share.reader) for share in shares(every)] == [
        ("merchant", "merchant_id~aq"), ("anchor", None), ("logistics", None), ("operator", None)
    ]  # fmt: skip
