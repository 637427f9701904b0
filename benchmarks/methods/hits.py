"""Ways to rank listings by their chance of being a hit, and to make chances of scores, beside those that were chosen.

    python -m benchmarks.methods.hits --home HOME --as-of 2024-08-12T00:00:00+00:00 --origins 5

Rows as in benchmarks/methods/demand.py. First average precision of each ranking, with the 90% interval of its
difference from the chosen one over draws of whole sessions; then log-loss and Brier score of the chosen ranking's
chances after each kind of calibration learnt on the two weeks between.
"""

from collections.abc import Callable, Mapping

import lightgbm
import numpy as np
import polars as pl
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from benchmarks.methods.case import Case, arguments, cases
from models.demand import Sight
from models.grid import Floats, Ints
from models.hits import calibrated, sigmoid
from models.metrics import average_precision

DRAWS, GRID = 500, 200


def bar(case: Case) -> float:
    """The demand that a hit had to pass at the latest cutoff that was learnt from."""
    return float(case.old.drop_nulls("hit_bar_units").sort("cutoff")["hit_bar_units"][-1])


def hits(case: Case) -> tuple[Floats, Floats]:
    """Whether each row of the first two parts was a hit."""
    limit = pl.coalesce("hit_bar_units", pl.lit(bar(case)))
    old, between = (
        rows.select((pl.col("demand_units") > limit).cast(pl.Float64)).to_series().to_numpy()
        for rows in (case.old, case.between)
    )
    return old, between


def rankings(case: Case) -> dict[str, tuple[Floats, Floats]]:
    """Scores of the rows between and ahead by each way; log-odds, except for the ranker's."""
    booster = case.grown(hits(case), "binary")
    sights = [Sight(*one) for one in zip(case.shapes, (np.maximum(m, 1e-3) for m in case.expected), strict=True)]
    shape = [sight.shape.odds_above(bar(case)) for sight in sights]
    expected = [sight.odds_above(bar(case)) for sight in sights]
    mean = [np.mean(three, axis=0) for three in zip(booster, shape, expected, strict=True)]
    return {
        "chosen: mean of the three below": (mean[0], mean[1]),
        "hit booster": booster,
        "shape against the bar": (shape[0], shape[1]),
        "expected units against the bar": (expected[0], expected[1]),
        "LambdaRank by session": ranked(case),
    }


def ranked(case: Case) -> tuple[Floats, Floats]:
    """A ranker that learns which listings of a session sell more: grades are square roots of units, at most 30."""
    parts, matrices = (case.old, case.between), case.matrices
    made: list[lightgbm.Dataset] = []
    for rows, matrix in zip(parts, matrices[:2], strict=True):
        order = rows.with_row_index("_row").sort("cutoff", "session_id")
        grade = np.minimum(np.sqrt(order["demand_units"].to_numpy()).astype(int), 30)
        group = order.group_by("cutoff", "session_id", maintain_order=True).len()["len"].to_numpy()
        data, like = matrix[order["_row"].to_numpy()], made[0] if made else None
        made.append(lightgbm.Dataset(data, grade, group=group, reference=like, params=case.params,
                                     categorical_feature=list(case.encoding.categories)))  # fmt: skip
    stop = lightgbm.early_stopping(case.settings.patience, verbose=False)
    params = {**case.params, "objective": "lambdarank", "eval_at": [5]}
    grown = lightgbm.train(params, made[0], case.settings.rounds, valid_sets=[made[1]], callbacks=[stop])
    return np.asarray(grown.predict(matrices[1])), np.asarray(grown.predict(matrices[2]))


def line(past: Floats, hit: Floats, stretch: Ints, ahead: Floats) -> Floats:
    """What `models.hits` does: a straight line on the log-odds, as far as every stretch asks for it."""
    return calibrated(past, hit > 0, stretch).probability(ahead)


def beta(past: Floats, hit: Floats, _stretch: Ints, ahead: Floats) -> Floats:
    """Beta calibration (Kull, Silva Filho and Flach 2017): a logistic model of ln p and -ln(1 - p)."""
    columns = [np.column_stack([-np.logaddexp(0, -raw), np.logaddexp(0, raw)]) for raw in (past, ahead)]
    model = LogisticRegression(C=1e6, max_iter=1000).fit(columns[0], hit)
    return np.asarray(model.predict_proba(columns[1])[:, 1])


def isotonic(past: Floats, hit: Floats, _stretch: Ints, ahead: Floats) -> Floats:
    """The best rising step function."""
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    return np.asarray(model.fit(past, hit).predict(ahead))


def venn_abers(past: Floats, hit: Floats, _stretch: Ints, ahead: Floats) -> Floats:
    """Inductive Venn-Abers (Vovk and Petej 2014), at 200 scores, straight between them."""
    points, found = np.unique(np.quantile(ahead, np.linspace(0, 1, GRID))), []
    for point in points:
        both = [
            IsotonicRegression(y_min=0.0, y_max=1.0)
            .fit(np.append(past, point), np.append(hit, label))
            .predict([point])[0]
            for label in (0.0, 1.0)
        ]
        found.append(both[1] / (1 - both[0] + both[1]))
    return np.interp(ahead, points, found)


CALIBRATIONS: Mapping[str, Callable[[Floats, Floats, Ints, Floats], Floats]] = {
    "as they are": lambda *told: sigmoid(told[-1]),
    "chosen: a line held by every stretch": line,
    "beta": beta,
    "isotonic": isotonic,
    "Venn-Abers": venn_abers,
}


def main() -> None:
    scores: list[dict[str, Floats]] = []
    losses: dict[str, list[Floats]] = {name: [] for name in CALIBRATIONS}
    sessions: list[pl.Series] = []
    labels: list[Floats] = []
    for case, units in cases(arguments(__doc__)):
        known = ~np.isnan(units)
        hit = (units[known] > bar(case)) * 1.0
        ways = rankings(case)
        past, ahead = next(iter(ways.values()))
        for name, calibration in CALIBRATIONS.items():
            chance = calibration(past, hits(case)[1], case.stretches, ahead[known]).clip(1e-6, 1 - 1e-6)
            told = np.where(hit > 0, chance, 1 - chance)
            losses[name].append(np.column_stack([-np.log(told), (chance - hit) ** 2]))
        scores.append({name: way[1][known] for name, way in ways.items()})
        sessions.append(case.ahead["session_id"].filter(pl.Series(known)))
        labels.append(hit)
    _print_rankings(scores, sessions, labels)
    print("\n| calibration | log-loss | Brier score |\n|---|---|---|")
    for name, parts in losses.items():
        mean = np.vstack(parts).mean(axis=0)
        print(f"| {name} | {mean[0]:.4f} | {mean[1]:.4f} |")


def _print_rankings(scores: list[dict[str, Floats]], sessions: list[pl.Series], labels: list[Floats]) -> None:
    """The mean average precision over origins, and its distance from the first way's in draws of sessions."""
    draw = np.random.default_rng(7)
    found: dict[str, list[Floats]] = {name: [] for name in scores[0]}
    for told, session, hit in zip(scores, sessions, labels, strict=True):
        number = (session.rank("dense") - 1).cast(pl.Int64).to_numpy()
        count = int(number.max()) + 1
        times = np.vstack([np.ones(count), draw.multinomial(count, np.full(count, 1 / count), DRAWS)])
        for name, score in told.items():
            each = [average_precision(hit > 0, score, one[number] + 1e-9) for one in times]
            found[name].append(np.array(each))
    mean = {name: np.mean(parts, axis=0) for name, parts in found.items()}
    first = next(iter(mean.values()))
    print("\n| ranking | AP, mean over origins | chosen is better by |\n|---|---|---|")
    for name, values in mean.items():
        low, high = np.quantile((first - values)[1:], [0.05, 0.95])
        print(f"| {name} | {values[0]:.4f} | {first[0] - values[0]:+.4f} ({low:+.4f} to {high:+.4f}) |")


if __name__ == "__main__":
    main()
