"""What the facebook_live_sellers source makes of UCI 488."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.adapt import Written, adapt

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "configs" / "sources" / "facebook_live_sellers"
REAL = ROOT.parent / "shared" / "data" / "facebook_live_sellers"
POSTS = """status_id,status_type,status_published,num_comments
246_16,video,4/22/2018 6:00,512
246_16,video,4/22/2018 6:00,512
246_17,photo,4/21/2018 22:45,0
134_18,video,12/31/2017 20:30,7
"""


def sessions(told: list[Written]) -> pl.DataFrame:
    assert [table.table for table in told] == ["sessions"]
    return pl.read_parquet(told[0].path)


def test_each_live_video_is_one_session_of_its_page_from_the_instant_it_was_published(tmp_path):
    tmp_path.joinpath("Live.csv").write_text(POSTS)
    found = sessions(adapt(SOURCE, tmp_path, tmp_path / "landing"))
    assert found.select("session_id", "room_id", "scheduled_at").rows() == [
        ("134_18", "134", datetime(2018, 1, 1, 1, 30, tzinfo=UTC)),
        ("246_16", "246", datetime(2018, 4, 22, 11, 0, tzinfo=UTC)),
    ]
    assert (found["announced_at"] == found["scheduled_at"]).all()
    assert (found["started_at"] == found["scheduled_at"]).all()


def test_the_source_says_that_products_line_ups_and_orders_are_missing(tmp_path, caplog):
    tmp_path.joinpath("Live.csv").write_text(POSTS)
    adapt(SOURCE, tmp_path, tmp_path / "landing")
    assert "not in this source, but required: products, lineups, orders" in caplog.messages


def test_the_real_export_has_2333_live_videos_of_nine_pages_hardly_any_at_night(tmp_path):
    if not REAL.is_dir():
        pytest.skip("../shared/data/facebook_live_sellers is not there")
    found = sessions(adapt(SOURCE, REAL, tmp_path))
    assert found.height == found["session_id"].n_unique() == 2_333
    assert found["room_id"].n_unique() == 9
    local = found["scheduled_at"].dt.convert_time_zone("Asia/Bangkok").dt.hour()
    assert local.is_between(2, 7).sum() == 12
