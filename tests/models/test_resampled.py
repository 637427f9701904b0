import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score

from models.metrics import drawn, scores
from models.paired import Draws
from models.resampled import Resampled


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    draw = np.random.default_rng(3)
    chance = draw.random(600).round(2)
    return pl.DataFrame(
        {
            "session_id": np.repeat([f"s{number:02d}" for number in range(30)], 20),
            "product_id": [f"p{number:03d}" for number in range(600)],
            "cutoff": np.repeat([0, 1, 2], 200),
            "hit": draw.random(600) < chance * 0.4,
            "p_hit": chance,
        }
    )


@pytest.fixture(scope="module")
def draws(rows) -> Draws:
    return Draws.of(rows["session_id"], 1, seed=1)


def _repeated(rows, times):
    """Each row as often as its session was drawn, under ids of its own."""
    counts = pl.DataFrame({"session_id": sorted(set(rows["session_id"])), "n": times.astype(int)})
    copies = rows.join(counts, on="session_id").with_columns(copy=pl.int_ranges(0, "n")).explode("copy").drop_nulls()
    return copies.with_columns(product_id=pl.col("product_id") + pl.format("-{}", "copy"))


def test_each_draw_has_the_precision_of_its_sessions_repeated(rows, draws):
    hit, chance = rows["hit"].to_numpy(), rows["p_hit"].to_numpy()
    told = draws.average_precision(hit, chance, np.ones(600))
    for number in (0, 1, 77, 500):
        again = _repeated(rows, draws.times[number])
        assert told[number] == pytest.approx(average_precision_score(again["hit"], again["p_hit"]))


def test_each_draw_has_the_list_of_its_sessions_repeated(rows, draws):
    precision, gain = draws.at_k(rows, top=15)
    for number in (0, 1, 77, 500):
        again = _repeated(rows, draws.times[number])
        once = Resampled.once(again.height).at_k(again, top=15)
        assert (precision[number], gain[number]) == pytest.approx((once[0][0], once[1][0]))


def test_a_list_longer_than_the_rows_holds_them_all(rows, draws):
    precision, _ = draws.at_k(rows, top=1_000)
    assert precision[0] == pytest.approx(rows["hit"].mean())


def test_precision_is_the_same_in_parts_of_any_size(rows, draws, monkeypatch):
    hit, chance = rows["hit"].to_numpy(), rows["p_hit"].to_numpy()
    whole = draws.average_precision(hit, chance, np.ones(600))
    monkeypatch.setattr("models.resampled.AT_ONCE", 7 * 600)
    assert np.array_equal(draws.average_precision(hit, chance, np.ones(600)), whole)


def test_a_draw_without_hits_tells_no_precision(rows, draws):
    only = rows["session_id"].to_numpy() == "s03"
    told = draws.average_precision(only, rows["p_hit"].to_numpy(), np.ones(600))
    assert np.array_equal(np.isnan(told), draws.times[:, 3] == 0)


def test_sums_of_nothing_are_no_share(draws):
    assert np.isnan(draws.ratio(np.ones(600), np.zeros(600))).all()


def test_the_first_draw_is_what_is_reported(rows, draws):
    full = rows.with_columns(
        demand_units=pl.lit(2.0), censored=pl.lit(value=False), available_share=pl.lit(1.0), demand_mean=pl.lit(3.0),
        **{f"demand_p{level}": pl.lit(3.0) for level in ("05", "10", "25", "50", "75", "90", "95", "98")},
    )  # fmt: skip
    told, once = drawn(full, draws, 5), scores(full, 5)
    assert {name: values[0] for name, values in told.items()} == pytest.approx({name: once[name] for name in told})
