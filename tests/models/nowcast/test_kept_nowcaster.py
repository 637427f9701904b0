"""A predictor keeps its nowcaster, and its canary asks it."""

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.boosting import Grown
from models.canary import CanaryError, repeat
from models.predictor import Predictor
from models.store import DamagedPredictorError, load_with_canary, save
from models.train import fit

SEEN = ("listing_minutes_open", "session_minutes_left", "listing_carts_out", *(
    f"listing_{what}_{window}" for what in ("units", "carts", "clicks") for window in ("ever", "5m", "1m")
))  # fmt: skip


@pytest.fixture(scope="module")
def features(dataset, rows):
    """A feature table for both: what is planned, and what is seen of listings that have not opened."""
    missing = [pl.lit(None, pl.Float32).alias(name) for name in SEEN]
    table = dataset.rows.drop("hit_bar_units").tail(200).with_columns(missing)
    return table.with_columns(pl.lit(0, pl.Float32).alias(name) for name in SEEN if name.endswith("_ever"))


@pytest.fixture(scope="module")
def predictor(dataset, settings, nowcaster) -> Predictor:
    return replace(fit(dataset, settings, 0.1), nowcaster=nowcaster)


@pytest.fixture
def kept(predictor, features, tmp_path):
    digest = save(predictor, tmp_path / "p", features)
    return *load_with_canary(tmp_path / "p", digest), tmp_path / "p", digest


def test_a_loaded_predictor_tells_the_same_of_sessions_under_way(kept, nowcaster, seen):
    loaded, *_ = kept
    later = seen(10, seed=3)
    assert_frame_equal(loaded.nowcaster.told(later, 1), nowcaster.told(later, 1), check_exact=True)
    assert loaded.nowcaster.document() == nowcaster.document()


def test_its_boosters_are_files_of_their_own(kept):
    _, _, folder, _ = kept
    assert {"nowlow.lgb", "nowmiddle.lgb", "nowhigh.lgb"} <= {path.name for path in folder.iterdir()}


def test_an_edited_nowcast_booster_is_refused_before_lightgbm_sees_it(kept):
    *_, folder, digest = kept
    (folder / "nowmiddle.lgb").write_text("tree\n")
    with pytest.raises(DamagedPredictorError, match=r"nowmiddle\.lgb"):
        load_with_canary(folder, digest)


def test_the_canary_repeats_what_the_nowcaster_said(kept):
    loaded, canary, *_ = kept
    assert "said_now_demand_p50" in canary.columns
    repeat(loaded, canary)


@pytest.mark.parametrize("name", ["nowlow", "nowmiddle", "nowhigh"])
def test_another_nowcast_booster_is_noticed_by_the_canary(kept, name):
    loaded, canary, *_ = kept
    text = loaded.nowcaster.boosters[name].text
    other = replace(loaded.nowcaster, boosters={**loaded.nowcaster.boosters, name: Grown(_otherwise(text))})
    with pytest.raises(CanaryError, match="now_"):
        repeat(replace(loaded, nowcaster=other), canary)


@pytest.mark.parametrize("part", ["start", "width", "odds"])
def test_other_lines_widths_and_odds_are_noticed_by_the_canary(kept, part):
    loaded, canary, *_ = kept
    now = loaded.nowcaster
    others = {
        "start": lambda: replace(now.start, lines=tuple((line[0] + 0.01, *line[1:]) for line in now.start.lines)),
        "width": lambda: replace(now.width, steps=tuple(tuple(1.01 * one for one in row) for row in now.width.steps)),
        "odds": lambda: replace(now.odds, intercept=now.odds.intercept + 0.01),
    }
    with pytest.raises(CanaryError, match="now_"):
        repeat(replace(loaded, nowcaster=replace(now, **{part: others[part]()})), canary)


def test_a_predictor_that_lost_its_nowcaster_is_noticed(kept):
    loaded, canary, *_ = kept
    with pytest.raises(CanaryError, match="now_"):
        repeat(replace(loaded, nowcaster=None), canary)


def _otherwise(text: str) -> str:
    """Other values in the leaves, of the same length: LightGBM aborts where a tree is not as long as it says."""
    swapped = str.maketrans("3456", "6543")
    return "\n".join(line.translate(swapped) if line.startswith("leaf_value=") else line for line in text.split("\n"))
