"""Counts and different viewers, told a second time by SQL over the raw rows, come out the same."""

from datetime import timedelta
from random import Random

import duckdb
import polars as pl
import pytest
from questions import asked, cutoffs, during
from random_world import random_world

from features.catalog import CATALOG
from features.contract import INSTANT
from features.table import compute

SEEDS = range(6)
WINDOWS = ("1m", "5m", "15m", "30m", "ever")
SESSION = ("clicks", "carts", "comments", "orders")
COUNTS = (
    *(f"session_{measure}_{window}" for measure in SESSION for window in WINDOWS),
    *(f"listing_{measure}_{window}" for measure in (*SESSION, "units") for window in WINDOWS),
    *("units_7d", "units_28d", "sellouts_28d"),
)
VIEWERS = tuple(f"{entity}_viewers_{window}" for entity in ("session", "listing") for window in WINDOWS)
FEATURES = tuple(one for one in CATALOG if one.name in {*COUNTS, *VIEWERS})

# Of versions of one id the earliest known counts; where they were learnt of at the same instant, the least content.
QUERY = """
WITH once_events AS (
    SELECT * FROM events QUALIFY row_number() OVER (
        PARTITION BY event_id ORDER BY coalesce(received_at, ts), kind, product_id NULLS LAST, received_at NULLS LAST,
        session_id, text NULLS LAST, ts, viewer_id NULLS LAST) = 1
), once_orders AS (
    SELECT * FROM orders QUALIFY row_number() OVER (
        PARTITION BY order_id ORDER BY coalesce(received_at, ts), product_id, received_at NULLS LAST, session_id, ts,
        unit_price, units, viewer_id NULLS LAST) = 1
), once_counts AS (
    SELECT * FROM event_counts QUALIFY row_number() OVER (
        PARTITION BY session_id, product_id, minute, kind
        ORDER BY epoch_us(coalesce(received_at, minute)) + CASE WHEN received_at IS NULL THEN 60000000 ELSE 0 END,
        count, received_at NULLS LAST, viewers NULLS LAST) = 1
), kinds(kind, measure) AS (
    VALUES ('product_click', 'clicks'), ('add_to_cart', 'carts'), ('comment', 'comments'), ('sold_out', 'sellouts')
), done AS (
    SELECT session_id, product_id, measure, 1 AS times, epoch_us(coalesce(received_at, ts)) // 60000000 AS minute
    FROM once_events JOIN kinds USING (kind)
    UNION ALL
    SELECT session_id, product_id, measure, count,
        epoch_us(coalesce(received_at, minute + INTERVAL 1 MINUTE)) // 60000000
    FROM once_counts JOIN kinds USING (kind)
    UNION ALL
    SELECT session_id, product_id, 'orders', 1, epoch_us(coalesce(received_at, ts)) // 60000000 FROM once_orders
    UNION ALL
    SELECT session_id, product_id, 'units', units, epoch_us(coalesce(received_at, ts)) // 60000000 FROM once_orders
), seen AS (
    SELECT session_id, product_id, viewer_id, epoch_us(coalesce(received_at, ts)) // 60000000 AS minute
    FROM once_events WHERE viewer_id IS NOT NULL AND kind <> 'restock'
), spans(span, length) AS (
    VALUES ('1m', 1), ('5m', 5), ('15m', 15), ('30m', 30), ('ever', 1000000000)
), days(span, length) AS (
    VALUES ('7d', 10080), ('28d', 40320)
), questions AS (
    SELECT n, session_id, product_id, epoch_us(cutoff) // 60000000 AS until FROM listings
)
SELECT n, 'session_' || measure || '_' || span AS name, sum(times)::BIGINT AS told
FROM questions q JOIN done d USING (session_id), spans
WHERE d.minute < until AND d.minute >= until - length GROUP BY ALL
UNION ALL
SELECT n, 'listing_' || measure || '_' || span, sum(times)::BIGINT
FROM questions q JOIN done d USING (session_id, product_id), spans
WHERE d.minute < until AND d.minute >= until - length GROUP BY ALL
UNION ALL
SELECT n, measure || '_' || span, sum(times)::BIGINT
FROM questions q JOIN done d USING (product_id), days
WHERE d.minute < until AND d.minute >= until - length GROUP BY n, measure, span
UNION ALL
SELECT n, 'session_viewers_' || span, count(DISTINCT viewer_id)
FROM questions q JOIN seen s USING (session_id), spans
WHERE s.minute < until AND s.minute >= until - length GROUP BY n, span
UNION ALL
SELECT n, 'listing_viewers_' || span, count(DISTINCT viewer_id)
FROM questions q JOIN seen s USING (session_id, product_id), spans
WHERE s.minute < until AND s.minute >= until - length GROUP BY n, span
"""


def oracle(tables, listings):
    with duckdb.connect() as database:
        for name in ("events", "orders", "event_counts"):
            database.register(name, tables[name].to_arrow())
        database.register("listings", listings.with_row_index("n").to_arrow())
        long = pl.DataFrame(database.sql(QUERY).to_arrow_table())
    names = [*COUNTS, *VIEWERS]
    told = long.filter(pl.col("name").is_in(names)).pivot("name", index="n", values="told")
    told = told.with_columns(pl.lit(0, pl.Int64).alias(name) for name in names if name not in told.columns)
    whole = pl.int_range(listings.height, dtype=told["n"].dtype, eager=True).alias("n").to_frame()
    counted = whole.join(told, on="n", how="left", maintain_order="left").select(pl.col(names).fill_null(0))
    known = pl.col("session_viewers_ever") > 0
    return counted.with_columns(pl.when(known).then(name).alias(name) for name in VIEWERS).cast(pl.Float32)


def questions_of(tables, seed):
    """Cutoffs at actions, a minute and ten minutes after them, and at edges of the minutes of anything."""
    acted = during(tables, 30)
    after = [one + timedelta(minutes=late) for one in acted for late in (1, 10)]
    return asked(tables, [*acted, *after, *Random(seed).sample(cutoffs(tables), 10)])


@pytest.fixture(scope="module")
def told():
    """Of each seed the questions and what SQL answers."""
    found = {}
    for seed in SEEDS:
        tables = random_world(seed)
        listings = questions_of(tables, seed)
        found[seed] = tables, listings, oracle(tables, listings)
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["session", "listing", "product"])
def test_counts_and_viewers_are_those_that_sql_finds_in_the_raw_rows(seed, name, told, sensing):
    tables, listings, expected = told[seed]
    others = ("session", "listing")
    wanted = tuple(
        one for one in FEATURES if (one.name.startswith(name) if name in others else not one.name.startswith(others))
    )
    found = compute(tables, listings, sensing, wanted)
    wrong = {
        one.name: listings.with_columns(sql=expected[one.name], engine=found[one.name])
        .filter(pl.col("sql").ne_missing(pl.col("engine")))
        .rows()[:3]
        for one in wanted
        if not expected[one.name].equals(found[one.name])
    }
    assert wrong == {}


def test_the_questions_touch_every_count(told):
    answers = pl.concat([expected for _, _, expected in told.values()])
    assert min(answers.select((pl.all() > 0).sum()).row(0)) >= 5
    assert min(answers.select(pl.col(VIEWERS).null_count()).row(0)) > 0
    assert sum(answers.select(pl.col(COUNTS).null_count()).row(0)) == 0


def test_sql_and_engine_leave_the_cutoffs_own_minute_out_and_count_late_news_from_its_receipt(world, sensing):
    at = during(random_world(0), 1)[0].replace(second=0, microsecond=0)
    click = {"session_id": "S", "product_id": "P", "viewer_id": "V", "kind": "product_click", "ts": at}
    late = at + timedelta(minutes=7)
    tables = world(events=[click | {"event_id": "1"}, click | {"event_id": "2", "received_at": late}])
    instants = [at + timedelta(seconds=seconds) for seconds in (59, 60, 479, 480, 541)]
    listings = pl.DataFrame({"session_id": "S", "product_id": "P", "cutoff": instants}).cast({"cutoff": INSTANT})
    for told_by in (oracle(tables, listings), compute(tables, listings, sensing, FEATURES)):
        assert told_by["listing_clicks_ever"].to_list() == [0, 1, 1, 2, 2]
        assert told_by["listing_clicks_1m"].to_list() == [0, 1, 0, 1, 0]
        assert told_by["listing_viewers_ever"].to_list() == [None, 1, 1, 1, 1]
