from datetime import timedelta
from types import SimpleNamespace

import polars as pl
from polars.testing import assert_frame_equal

from features.season.settings import SeasonSettings
from flows.demo import look_back, play_season


def test_the_demonstration_keeps_its_truth_out_of_the_landing_zone(tmp_path):
    played = play_season(tmp_path, SeasonSettings.small())
    assert played.week().as_of == SeasonSettings.small().as_of
    assert played.week().horizon == timedelta(days=7)
    assert played.truth.is_file()
    assert played.landing not in played.truth.parents
    assert {path.name for path in played.landing.iterdir()} >= {"sessions", "lineups", "products", "orders", "events"}


def test_the_demonstration_is_the_same_each_time(tmp_path):
    first, second = (play_season(tmp_path / name, SeasonSettings.small()) for name in ("a", "b"))
    assert_frame_equal(pl.read_parquet(first.truth), pl.read_parquet(second.truth))


def test_looking_back_counts_the_first_lines_that_truly_sold_best(tmp_path):
    names = [f"P{number}" for number in range(20)]
    pl.DataFrame({"session_id": "S", "product_id": names, "rank": range(1, 21)}).write_parquet(
        tmp_path / "stocking_list.parquet"
    )
    demand = [9, 0, 7, *[1] * 17]
    pl.DataFrame({"session_id": "S", "product_id": names, "demand": demand}).write_parquet(tmp_path / "truth.parquet")
    told = look_back(SimpleNamespace(truth=tmp_path / "truth.parquet", stocking=tmp_path))
    assert told == "of its first 2 lines 1 were among the 2 that truly sold best"
