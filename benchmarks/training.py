"""What learning costs beyond LightGBM: `models.train.fit` beside the bare calls of `lightgbm.train` that it makes.

    python benchmarks/training.py --home out/main-job/dev_world/home --as-of 2024-08-12T00:00:00+00:00 --rounds 3

Needs a home with data (`baokuan ingest`, or what benchmarks/main_job.py leaves behind). The dataset is built once. One
call of `fit` is listened to: every `lightgbm.Dataset` with its matrix, every `lightgbm.train` with its labels, weights,
parameters and trees. Then `fit` and the same calls made anew, with nothing around them, take turns; each round prints
both, and the end their medians and the median of the rounds' ratios. `fit` also encodes the rows, forecasts the
sessions that came later, learns widths and odds from them, and what comes back; none of it is in the bare calls.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from unittest import mock

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

import lightgbm
import numpy as np

from flows.config import load as settings
from flows.data import read_data
from flows.site import Site
from models.dataset import build
from models.train import fit

DATASET, TRAIN = lightgbm.Dataset, lightgbm.train


@dataclass
class Call:
    """One call of `lightgbm.train`: its arguments, and the labels and weights that its datasets had then."""

    params: dict[str, Any]
    rounds: int
    told: list[tuple[lightgbm.Dataset, np.ndarray, np.ndarray]]
    patience: int | None


@dataclass
class Heard:
    """All that `fit` asked of LightGBM: how datasets are made, and what is trained, in order."""

    made: dict[int, tuple[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    kept: list[lightgbm.Dataset] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def dataset(self, *arguments: Any, **named: Any) -> lightgbm.Dataset:
        """A dataset, remembered with its matrix."""
        one = DATASET(*arguments, **named)
        self.made[id(one)] = (arguments, named)
        self.kept.append(one)
        return one

    def train(self, params: dict[str, Any], train: lightgbm.Dataset, rounds: int, **named: Any) -> lightgbm.Booster:
        """A booster, remembered with what it was grown from."""
        datasets = [train, *named.get("valid_sets", [])]
        told = [(one.construct(), one.get_label(), one.get_weight()) for one in datasets]
        patience = next((one.stopping_rounds for one in named.get("callbacks", [])), None)
        self.calls.append(Call(params, rounds, told, patience))
        return TRAIN(params, train, rounds, **named)

    def again(self) -> int:
        """The same boosters from the same matrices, with nothing around; answers with the number of trees."""
        made: dict[int, lightgbm.Dataset] = {}
        trees = 0
        for call in self.calls:
            datasets = [self._again(one, made).set_label(label).set_weight(heavy) for one, label, heavy in call.told]
            stop = [] if call.patience is None else [lightgbm.early_stopping(call.patience, verbose=False)]
            trees += TRAIN(call.params, datasets[0], call.rounds, valid_sets=datasets[1:], callbacks=stop).num_trees()
        return trees

    def _again(self, one: lightgbm.Dataset, made: dict[int, lightgbm.Dataset]) -> lightgbm.Dataset:
        if id(one) not in made:
            arguments, named = self.made[id(one)]
            like = named.get("reference")
            reference = None if like is None else made[id(like)]
            made[id(one)] = DATASET(*arguments, **{**named, "reference": reference}).construct()
        return made[id(one)]


@contextmanager
def listening() -> Iterator[Heard]:
    """While it is open, every dataset and every training is remembered."""
    heard = Heard()
    with mock.patch.object(lightgbm, "Dataset", heard.dataset), mock.patch.object(lightgbm, "train", heard.train):
        yield heard


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--config", type=Path, action="append", default=[])
    parser.add_argument("--as-of", type=datetime.fromisoformat, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    config = settings(tuple(arguments.config))
    data = read_data(Site(home=arguments.home, config=tuple(arguments.config)))
    dataset = build(data.tables, arguments.as_of, config.sensing(), config.models)

    def ours() -> None:
        fit(dataset, config.models, config.labels.hit_share)

    with listening() as heard:
        ours()
    print(f"{dataset.rows.height:,} rows, {len(dataset.features)} features, {len(heard.calls)} boosters")
    found = [(_seconds(ours), _seconds(heard.again)) for _ in range(arguments.rounds)]
    print(
        "| round | fit: wall s | CPU s | bare: wall s | CPU s | wall ratio | CPU ratio |\n|---|---|---|---|---|---|---|"
    )
    for number, ((wall, cpu), (bare_wall, bare_cpu)) in enumerate(found, start=1):
        numbers = (wall, cpu, bare_wall, bare_cpu, wall / bare_wall, cpu / bare_cpu)
        print(f"| {number} | {' | '.join(f'{one:.2f}' for one in numbers)} |")
    for place, name in enumerate(("wall", "CPU")):
        ratios = [one[place] / bare[place] for one, bare in found]
        print(f"{name}: median ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of some work."""
    wall, cpu = perf_counter(), process_time()
    work()
    return perf_counter() - wall, process_time() - cpu


if __name__ == "__main__":
    main()
