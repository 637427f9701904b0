"""What each group of features adds: forecasts with it beside forecasts without it, on sessions that came later."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from models.dataset import LISTING, ROW, TRUTH, Dataset
from models.forest import regrown, tuned
from models.predictor import Learnt, Predictor
from models.prior import Prior
from models.returns import Returns
from models.rolling import Trial, correction
from models.settings import ModelSettings
from models.splits import Window, windows

# What any planner has at hand: other groups are also tried on top of these alone, where none stands in for them.
BASE = ("calendar", "line-up", "price", "product history")
ALL, PLAIN = "all groups", "base"
LEFT_OUT, ON_BASE = "to all others", "to the base"
MIDDLE_AND_LATER = 2

Groups = Mapping[str, tuple[str, ...]]


class TooLittleTimeError(ValueError):
    """The finished sessions are too few, or span too little time, to learn, tune and judge on separate stretches."""


@dataclass(frozen=True)
class Comparison:
    """A group, what it is added to, and the two variants that tell what that changes."""

    group: str
    to: str
    having: str
    lacking: str

    @property
    def tried(self) -> str:
        """The variant that stands in no other comparison."""
        return self.lacking if self.to == LEFT_OUT else self.having


@dataclass(frozen=True, eq=False)
class Plan:
    """Which sets of features are learnt from, and which of them are compared.

    Attributes:
        groups: the names of each group's features.
        silent: groups of which no feature has two values among the rows learnt from.
    """

    groups: Groups
    silent: tuple[str, ...]

    @classmethod
    def of(cls, groups: Groups, rows: pl.DataFrame) -> "Plan":
        """The plan for rows to learn from."""
        says = {name: any(rows[feature].n_unique() > 1 for feature in own) for name, own in groups.items()}
        return cls(groups, tuple(name for name, something in says.items() if not something))

    @property
    def heard(self) -> list[str]:
        """Groups that say something."""
        return [name for name in self.groups if name not in self.silent]

    def comparisons(self) -> list[Comparison]:
        """Each group beside all others, and beside the base where it is no part of it and there is one."""
        left_out = [Comparison(name, LEFT_OUT, ALL, f"without {name}") for name in self.heard if self.heard != [name]]
        on_base = [Comparison(name, ON_BASE, f"base with {name}", PLAIN) for name in self.heard if name not in BASE]
        return left_out + (on_base if set(BASE) & set(self.heard) else [])

    def variants(self) -> dict[str, list[str]]:
        """The features of every variant that some comparison needs; the first has all."""
        made: dict[str, list[str]] = {ALL: self._names(self.groups)}
        for one in self.comparisons():
            if one.to == LEFT_OUT:
                made[one.lacking] = self._names([name for name in self.groups if name != one.group])
            else:
                made[one.lacking] = self._names(BASE)
                made[one.having] = self._names((*BASE, one.group))
        return made

    def _names(self, groups: Collection[str]) -> list[str]:
        return [feature for name, own in self.groups.items() if name in groups for feature in own]


@dataclass(frozen=True, eq=False)
class Split:
    """Three stretches of time, one after the other.

    Attributes:
        earlier: was over, and known to be, before the middle began: trees are grown from it.
        middle: was over, and known to be, before the later began: tells how many trees there are, how wide the
            distributions, how long the odds.
        window: of the middle.
        later: judges; nothing was fitted or chosen on it.
    """

    earlier: Dataset
    middle: Dataset
    window: Window
    later: Dataset

    @classmethod
    def of(cls, dataset: Dataset, settings: ModelSettings) -> "Split":
        """The stretches of a training: the first window is the middle, those that judge there judge here as one.

        Raises:
            TooLittleTimeError: there is no room for three stretches.
        """
        made = windows(dataset, settings)
        if len(made) >= MIDDLE_AND_LATER:
            middle, later = made[0], Window(made[1].begin, made[-1].end)
            known = later.before(dataset)
            split = cls(middle.before(known), middle.within(known), middle, later.within(dataset))
            if split.middle.rows.height:
                return split
        raise TooLittleTimeError(
            f"found {dataset.listings:,} finished listings in {dataset.rows.height:,} rows that leave no room for "
            f"three stretches of {dataset.horizon}, expected at least {settings.min_rows // 2} listings before the "
            "last two: deliver a longer past, or choose a shorter --horizon or more --rows"
        )

    def reading(self, features: list[str]) -> "Split":
        """The same with no other features."""
        earlier, middle, later = (
            replace(part, rows=part.rows.select(*ROW, *TRUTH, *features))
            for part in (self.earlier, self.middle, self.later)
        )
        return Split(earlier, middle, self.window, later)


def thinned(dataset: Dataset, rows: int, seed: int) -> Dataset:
    """At most so many rows: listings drawn from all sessions alike, each with all of its lead times."""
    listings = dataset.rows.group_by(LISTING).len().sort(LISTING).sample(fraction=1.0, shuffle=True, seed=seed)
    kept = listings.filter(pl.col("len").cum_sum() <= rows)
    return replace(dataset, rows=dataset.rows.join(kept, on=LISTING, how="semi", maintain_order="left"))


def forecasts(
    plan: Plan, split: Split, settings: ModelSettings, repeats: int
) -> Iterator[tuple[str, list[pl.DataFrame]]]:
    """What each variant forecasts of the later sessions, once a repeat: ROW and FORECAST, in the order of its rows.

    All variants grow as many trees, found on the middle stretch with all groups; repeats differ in their seed alone.
    """
    variants = plan.variants()
    everything = split.reading(variants[ALL])
    rounds = tuned(everything.earlier, everything.middle, settings).rounds
    for name, features in variants.items():
        own = split.reading(features)
        seeded = [settings.model_copy(update={"seed": settings.seed + number}) for number in range(repeats)]
        yield name, [_learnt(own, rounds, one).forecast(own.later.rows) for one in seeded]


def _learnt(split: Split, rounds: Mapping[str, int], settings: ModelSettings) -> Predictor:
    forest = regrown(split.earlier, rounds, settings)
    put_right = correction([Trial.of(split.window, forest, split.middle, settings.threads)], settings)
    return Predictor(
        as_of=split.window.end,
        settings=settings,
        returns=Returns.of(split.earlier, settings),
        prior=Prior.of(split.earlier, forest.past.hit_share, settings),
        learnt=Learnt(forest, put_right),
        listings=split.earlier.listings,
    )
