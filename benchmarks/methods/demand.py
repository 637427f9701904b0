"""Ways to forecast a distribution of demand, on the same rows, beside the one that was chosen.

    python -m benchmarks.methods.demand --home HOME --as-of 2024-08-12T00:00:00+00:00 --origins 5

Needs a home with data (`baokuan ingest`, or what benchmarks/main_job.py leaves behind). At each origin, a week apart,
every way learns from the listings that were over two weeks before it; the two weeks between stop the trees and set
widths; the week after it judges, by labels (sold-out listings left out) or by `--truth`. All boosters have the same
settings and read the same features. Leave the last week of the data to the backtest, whose last fold is locked.
"""

import sys
from collections.abc import Callable, Mapping

import lightgbm
import numpy as np
import polars as pl

from benchmarks.methods.case import Case, arguments, cases
from models import calibration, spread
from models.calibration import is_new
from models.demand import Shape, Sight, weights
from models.grid import LEVELS, Floats
from models.ratios import learnt as ratios_learnt

GRID = np.array(LEVELS)


def _ordered(units: Floats) -> Floats:
    return np.asarray(np.maximum.accumulate(np.maximum(units, 0.0), axis=1))


def eight(scale: Callable[[Floats], Floats], back: Callable[[Floats], Floats]) -> Callable[[Case], Floats]:
    """A quantile booster for each level, on some scale; where they cross, they are sorted."""

    def quantiles(case: Case) -> Floats:
        raw = np.stack([case.both(scale, level)[1] for level in LEVELS], axis=1)
        return _ordered(back(np.sort(np.maximum(raw, 0.0), axis=1)))

    return quantiles


def three(case: Case) -> Floats:
    """Three quantile boosters on square roots, their steps put right."""
    between, ahead = case.shapes
    steps = calibration.learnt(case.tried(Sight(between, np.ones(len(between.middle)))), case.settings.group_rows)
    return ahead.quantiles(steps.of(ahead, is_new(case.ahead)))


def scattered(case: Case, expected: tuple[Floats, Floats]) -> Floats:
    """Past multiples around expected units."""
    between, ahead = (np.clip(one, 1e-3, 1e9) for one in expected)
    nothing = Shape(np.zeros(len(between)), np.ones(len(between)), np.ones(len(between)))
    ratios = ratios_learnt(case.tried(Sight(nothing, between)), case.settings.group_rows)
    if ratios is None:
        sys.exit("too few listings to learn from")
    return ratios.quantiles(ahead, is_new(case.ahead))


def against_the_past(case: Case) -> Floats:
    """Squared error of log(1 + units) against a fading mean of the past, then past multiples."""
    names = ("room_units_fading", "units_per_showing_fading", "category_units_28d")
    past = pl.coalesce([pl.col(name) for name in names if name in case.old.columns] + [pl.lit(0.0)])
    usual = [np.log1p(rows.select(past.cast(pl.Float64)).to_series().to_numpy().clip(0)) for rows in
             (case.old, case.between, case.ahead)]  # fmt: skip
    off = tuple(np.log1p(units) - base for units, base in zip(case.units, usual[:2], strict=True))
    raw = case.grown((off[0], off[1]), "regression")
    return scattered(case, (np.expm1(np.maximum(raw[0] + usual[1], 0.0)), np.expm1(np.maximum(raw[1] + usual[2], 0.0))))


def hurdle(case: Case) -> Floats:
    """Whether anything sells, and how much if so: a zero below the one's chance, past multiples of the other above."""
    old, between = case.units
    chance = [1 / (1 + np.exp(-raw)) for raw in case.grown(((old > 0) * 1.0, (between > 0) * 1.0), "binary")]
    expected, sold = case.expected, case.between["demand_units"].to_numpy() > 0
    multiples = np.sort(between[sold] / (expected[0][sold] / np.maximum(chance[0][sold], 1e-3)))
    level = np.clip((GRID - (1 - chance[1][:, None])) / np.maximum(chance[1][:, None], 1e-3), 0.0, 1.0)
    units = np.quantile(multiples, level) * (expected[1] / np.maximum(chance[1], 1e-3))[:, None]
    return _ordered(np.where(level > 0, units, 0.0))


def one_booster(case: Case) -> Floats:
    """One booster for all levels: each row twice, its level a feature that can only raise the answer."""
    draw, (old, between, ahead) = np.random.default_rng(case.settings.seed), case.matrices
    levels = [draw.uniform(0.02, 0.99, rows.height * 2) for rows in (old, between)]
    roots = [np.tile(np.sqrt(units), 2) for units in case.units]
    heavy = [np.tile(weights(rows, case.settings), 2) for rows in (case.old, case.between)]
    names, start = [*old.columns, "level"], float(np.median(np.sqrt(case.units[0])))
    told = {"categorical_feature": list(case.encoding.categories)}
    wide = [
        np.column_stack([np.tile(rows.to_numpy(), (2, 1)), level])
        for rows, level in zip((old, between), levels, strict=True)
    ]
    train, later = (
        lightgbm.Dataset(*one, init_score=np.full(len(one[1]), start), feature_name=names, **told)
        for one in zip(wide, roots, strict=True)
    )

    def slope(raw: Floats, data: lightgbm.Dataset) -> tuple[Floats, Floats]:
        mine, weight = (levels[0], heavy[0]) if len(raw) == len(levels[0]) else (levels[1], heavy[1])
        return np.where(data.get_label() > raw, -mine, 1 - mine) * weight, weight

    def loss(raw: Floats, data: lightgbm.Dataset) -> tuple[str, float, bool]:
        off = data.get_label() - raw
        return "pinball", float((np.maximum(levels[1] * off, (levels[1] - 1) * off) * heavy[1]).sum()), False

    params = {**case.params, "objective": slope, "metric": "none", "monotone_constraints": [0] * old.width + [1]}
    params["min_data_in_leaf"] *= 2
    stop = lightgbm.early_stopping(case.settings.patience, verbose=False)
    made = lightgbm.train(params, train, 2 * case.settings.rounds, valid_sets=[later], feval=loss, callbacks=[stop])
    asked = [made.predict(np.column_stack([ahead.to_numpy(), np.full(ahead.height, level)])) for level in LEVELS]
    return _ordered(np.maximum(np.stack(asked, axis=1) + start, 0.0) ** 2)


def chosen(case: Case) -> Floats:
    """What `models.spread` does: the mean of `three` and of past multiples around the expected units."""
    sights = [Sight(shape, np.clip(one, 1e-3, 1e9)) for shape, one in zip(case.shapes, case.expected, strict=True)]
    put_right = spread.learnt(case.tried(sights[0]), case.settings.group_rows)
    return put_right.quantiles(sights[1], is_new(case.ahead))


WAYS: Mapping[str, Callable[[Case], Floats]] = {
    "eight quantile boosters, units": eight(lambda units: units, lambda raw: raw),
    "eight quantile boosters, square roots": eight(np.sqrt, np.square),
    "eight quantile boosters, logs": eight(np.log1p, np.expm1),
    "one booster, level as a feature": one_booster,
    "three quantile boosters and steps": three,
    "Tweedie mean and multiples": lambda case: scattered(case, case.expected),
    "log error against the past, multiples": against_the_past,
    "hurdle": hurdle,
    "chosen: mean of three and Tweedie": chosen,
}


def main() -> None:
    lost: dict[str, list[Floats]] = {name: [] for name in WAYS}
    for case, units in cases(arguments(__doc__)):
        known = ~np.isnan(units)
        for name, way in WAYS.items():
            quantiles = way(case)[known]
            off = units[known][:, None] - quantiles
            loss = np.maximum(GRID * off, (GRID - 1) * off).mean(axis=1)
            inside = (units[known] >= quantiles[:, 1]) & (units[known] <= quantiles[:, 5])
            lost[name].append(np.column_stack([loss, np.abs(off[:, 3]), units[known], inside]))
    print("\n| way | pinball | WAPE | 80% covers | pinball by origin |\n|---|---|---|---|---|")
    for name, parts in lost.items():
        rows = np.vstack(parts)
        each = ", ".join(f"{part[:, 0].mean():.3f}" for part in parts)
        told = (rows[:, 0].mean(), rows[:, 1].sum() / rows[:, 2].sum(), rows[:, 3].mean())
        print(f"| {name} | {' | '.join(f'{one:.4f}' for one in told)} | {each} |")


if __name__ == "__main__":
    main()
