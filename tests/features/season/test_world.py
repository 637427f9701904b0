"""The world that the season plays in: what can be learnt from it, and what makes it hard."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from features.season import selling
from features.season.festivals import festive
from features.season.settings import SeasonSettings
from features.season.words import COMPLAINT

LISTING = ["session_id", "product_id"]


def ranked(frame: pl.DataFrame, left: str, right: str) -> float:
    return frame.select(pl.corr(left, right, method="spearman")).item()


@pytest.fixture(scope="module")
def showings(season):
    """Listings of the past with their demand, their clicks, and the same of the product's showing before."""
    tables = season.tables
    raw = tables["events"].select(*LISTING, "kind", count=pl.lit(1, pl.Int64))
    clicks = (
        pl.concat([raw, tables["event_counts"].select(*LISTING, "kind", "count")])
        .filter(pl.col("kind") == "product_click")
        .group_by(LISTING)
        .agg(clicks=pl.col("count").sum())
    )
    return (
        tables["lineups"]
        .unique(LISTING)
        .join(tables["sessions"].filter(pl.col("ended_at").is_not_null()), on="session_id")
        .join(season.truth, on=LISTING)
        .join(clicks, on=LISTING, how="left")
        .with_columns(pl.col("clicks").fill_null(0))
        .sort("product_id", "scheduled_at", "session_id")
        .with_columns(
            clicks_before=pl.col("clicks").shift(1).over("product_id"),
            demand_before=pl.col("demand").shift(1).over("product_id"),
        )
    )


def test_clicks_go_with_demand_and_lead_the_next_showing_better_than_demand_itself(showings):
    again = showings.drop_nulls("clicks_before")
    assert ranked(showings, "clicks", "demand") > 0.6
    assert ranked(again, "clicks_before", "demand") > 0.25
    assert ranked(again, "clicks_before", "demand") > ranked(again, "demand_before", "demand")


def test_hits_are_rare_and_demand_has_a_heavy_tail(season):
    demand = season.truth["demand"].sort(descending=True)
    top = demand.head(len(demand) // 10).sum() / demand.sum()
    assert 0.35 < top < 0.7
    assert demand.max() > 20 * demand.median()


def test_caps_hide_demand_most_of_all_where_there_is_much_of_it(season):
    bar = season.truth["demand"].quantile(0.9)
    hits = season.truth.filter(pl.col("demand") > bar)
    assert 0.05 < season.truth["sold_out"].mean() < 0.25
    assert hits["sold_out"].mean() > 1.5 * season.truth["sold_out"].mean()


def test_cheaper_listings_of_the_same_goods_sell_more(showings):
    against_itself = showings.with_columns(
        dearer=pl.col("price") / pl.col("price").mean().over("product_id"),
        wanted=pl.col("demand") / pl.col("demand").mean().over("product_id"),
    )
    assert ranked(against_itself.filter(pl.col("wanted").is_finite()), "dearer", "wanted") < -0.3


def test_what_is_complained_about_comes_back_more_often(season):
    said = season.tables["events"].filter(pl.col("product_id").is_not_null() & (pl.col("kind") == "comment"))
    talk = said.group_by("product_id").agg(complaints=pl.col("text").is_in(COMPLAINT).mean(), said=pl.len())
    rate = season.truth.group_by("product_id").agg(pl.col("return_rate").mean())
    kinds = season.tables["products"].select("product_id", "category")
    both = talk.filter(pl.col("said") >= 5).join(rate, on="product_id").join(kinds, on="product_id")
    beyond_kind = both.with_columns(pl.col("return_rate") / pl.col("return_rate").mean().over("category"))
    assert ranked(beyond_kind, "complaints", "return_rate") > 0.3


def test_the_hard_cases_are_all_there(season):
    tables = season.tables
    sessions, cut = tables["sessions"], season.as_of
    local = [pl.col(name).dt.convert_time_zone("Asia/Shanghai").dt.date() for name in ("started_at", "ended_at")]
    assert sessions.filter(local[0] != local[1]).height > 0
    assert sessions.filter(pl.col("started_at").is_null() & (pl.col("scheduled_at") < cut)).height > 0
    assert sessions.filter(pl.col("started_at").is_not_null() & pl.col("ended_at").is_null()).height > 0
    assert tables["products"].join(tables["lineups"], on="product_id", how="anti").height > 0
    assert tables["products"]["unit_cost"].null_count() > 0
    assert {"sold_out", "restock"} <= set(tables["events"]["kind"])
    for name in ("lineups", "events", "orders", "returns"):
        assert tables[name]["received_at"].null_count() < tables[name].height, name


def test_stock_goes_batch_by_batch_and_the_last_buyer_takes_what_is_left():
    listings = pl.DataFrame({"listing": [0, 1], "stock": [5, None], "batch": [3, None], "pause": [0.5, 0.5]})
    orders = pl.DataFrame(
        {
            "listing": [0, 0, 0, 0, 0, 1],
            "hour": [1.0, 1.1, 1.2, 1.7, 1.8, 1.0],
            "wanted": [2, 2, 1, 1, 4, 9],
            "viewer": [1, 2, 3, 4, 5, 6],
        },
    )
    sold = selling.fulfilled(listings, orders)
    assert sold["units"].to_list() == [2, 1, 0, 1, 1, 9]
    first = sold.filter(pl.col("listing") == 0).row(0, named=True)
    assert (first["out"], first["back"], first["out_again"]) == (1.1, 1.6, 1.8)
    assert sold.filter(pl.col("listing") == 1)["out"].to_list() == [None]


def test_a_festival_is_felt_before_its_day_and_missed_after_it():
    lifts = festive(replace(SeasonSettings.small(), days=30))
    eighth_of_march = 11  # the season starts on 25 February
    assert lifts[eighth_of_march] == pytest.approx(0.35)
    assert lifts[eighth_of_march - 3 : eighth_of_march] == pytest.approx(np.full(3, 0.175))
    assert lifts[eighth_of_march + 1] == pytest.approx(-0.0875)
    assert lifts[eighth_of_march - 4] == 0
