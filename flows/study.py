"""Which settings to try next, and which were best: the only file that knows Optuna."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.settings import ModelSettings
from models.tuning import KNOBS, turned

if TYPE_CHECKING:
    import optuna

FIRST_DRAWN = 8  # at random, before what was learnt decides
DEFAULTS = "defaults"


@dataclass(frozen=True, eq=False)
class Try:
    """One set of settings to be tried.

    Attributes:
        number: from 0; it names the trial for ever.
        values: where the knobs stand.
        is_default: whether these are the settings that the configuration names.
    """

    number: int
    values: Mapping[str, float]
    is_default: bool
    asked: Any = field(repr=False, default=None)

    def settings(self, base: ModelSettings) -> ModelSettings:
        """The base with the knobs turned."""
        return base.model_copy(update=dict(self.values))


class Study:
    """What was tried on one set of rows, kept in the home, so that a later call goes on where this one ended."""

    def __init__(self, home: Path, name: str, defaults: ModelSettings) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.defaults, self.name = defaults, name
        self.study = optuna.create_study(
            study_name=name,
            storage=f"sqlite:///{home / 'optuna.db'}",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST_DRAWN),
        )
        self._end_what_was_killed()
        seed = defaults.seed + len(self.study.trials)  # one that goes on draws no value twice
        self.study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST_DRAWN)
        if not self._default_trials():
            self.study.enqueue_trial(dict(turned(defaults)), user_attrs={DEFAULTS: True})

    def ask(self) -> Try:
        """The next settings; the first ones ever are the defaults."""
        trial = self.study.ask()
        return Try(trial.number, self._values(trial), bool(trial.user_attrs.get(DEFAULTS)), trial)

    def hopeless(self, tried: Try, loss: float, step: int) -> bool:
        """Whether a trial lies behind the median of the others after so many stretches; never the defaults."""
        tried.asked.report(loss, step)
        return not tried.is_default and bool(tried.asked.should_prune())

    def tell(self, tried: Try, loss: float | None) -> None:
        """Keep what came of a trial; None where it was given up."""
        from optuna.trial import TrialState

        self.study.tell(tried.asked, loss, state=TrialState.PRUNED if loss is None else TrialState.COMPLETE)

    def best(self) -> tuple[Try, float]:
        """The best settings so far, and their loss; earlier ones where two are equal."""
        done = self._complete()
        one = min(done, key=lambda trial: (trial.value, trial.number))
        return self._try(one), float(one.value or 0.0)

    def default(self) -> tuple[Try, float]:
        """The defaults, and their loss."""
        one = next(trial for trial in self._complete() if trial.user_attrs.get(DEFAULTS))
        return self._try(one), float(one.value or 0.0)

    def counts(self) -> tuple[int, int]:
        """How many trials ended, and how many of them were given up early."""
        from optuna.trial import TrialState

        ended = self.study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED), deepcopy=False)
        return len(ended), sum(trial.state == TrialState.PRUNED for trial in ended)

    def noted(self, key: str) -> Any:
        """What was noted under a key; None if nothing was."""
        return self.study.user_attrs.get(key)

    def note(self, key: str, value: Any) -> None:
        """Keep something beside the trials."""
        self.study.set_user_attr(key, value)

    def _values(self, trial: "optuna.Trial") -> dict[str, float]:
        stands = turned(self.defaults)
        found: dict[str, float] = {}
        for knob in (one.reaching(stands[one.name]) for one in KNOBS):
            if isinstance(stands[knob.name], int):
                found[knob.name] = trial.suggest_int(knob.name, int(knob.low), int(knob.high), log=knob.by_ratio)
            else:
                found[knob.name] = trial.suggest_float(knob.name, knob.low, knob.high, log=knob.by_ratio)
        return found

    def _try(self, trial: "optuna.trial.FrozenTrial") -> Try:
        return Try(trial.number, trial.params, bool(trial.user_attrs.get(DEFAULTS)))

    def _complete(self) -> "Sequence[optuna.trial.FrozenTrial]":
        from optuna.trial import TrialState

        return self.study.get_trials(states=(TrialState.COMPLETE,), deepcopy=False)

    def _default_trials(self) -> "Sequence[optuna.trial.FrozenTrial]":
        from optuna.trial import TrialState

        alive = (TrialState.COMPLETE, TrialState.WAITING)
        return [one for one in self.study.get_trials(states=alive, deepcopy=False) if one.user_attrs.get(DEFAULTS)]

    def _end_what_was_killed(self) -> None:
        """Nobody else works on this home, so a trial that still runs was killed."""
        from optuna.trial import TrialState

        for trial in self.study.get_trials(states=(TrialState.RUNNING,), deepcopy=False):
            self.study.tell(trial.number, state=TrialState.FAIL)
