"""Which of two forecasts is better, and how sure that is: both judged on the same sessions, drawn anew many times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.accuracy import row_pinball
from models.grid import Floats
from models.metrics import GOOD, LEAST_SHARE
from models.resampled import Resampled

JUDGED = ("ap", "pinball", "profit_share")
DRAWS = 500
TAIL = 0.05  # of the draws on each side of an interval
ADDS, HARMS, NOTHING = "adds", "harms", "nothing shown"


@dataclass(frozen=True)
class Difference:
    """By how much one forecast is better than another, positive for better, with the interval of 90% of the draws."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """Whether the interval leaves out zero, and on which side."""
        if self.low is not None and self.low > 0:
            return ADDS
        return HARMS if self.high is not None and self.high < 0 else NOTHING

    @classmethod
    def of(cls, metric: str, having: Floats, lacking: Floats) -> "Difference":
        """Between two forecasts' values in every draw; empty where the metric cannot be told."""
        return cls.better(GOOD[metric](having) - GOOD[metric](lacking))

    @classmethod
    def better(cls, by: Floats) -> "Difference":
        """Out of the differences in every draw, the first being that of the sessions as they were."""
        low, high = interval(by)
        return cls(None, None, None) if low is None else cls(float(by[0]), low, high)


def interval(drawn: Floats) -> tuple[float | None, float | None]:
    """Between which values 90% of the draws lie; nothing where the metric cannot be told."""
    told = drawn[1:][np.isfinite(drawn[1:])]
    if not (np.isfinite(drawn[0]) and len(told)):
        return None, None
    low, high = np.quantile(told, [TAIL, 1 - TAIL])
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class Draws(Resampled):
    """How often each session, and each repeat of the learning, counts: once in the first draw, by chance in the others.

    A bootstrap of whole sessions (Efron and Tibshirani 1993), since what happens to listings of one session happens to
    them together. Of k repeats k - 1 are drawn, which makes up for their small number (Rao and Wu 1988).

    Attributes:
        repeats: one row a draw, one column a repeat; each draw's weights sum to one.
    """

    repeats: Floats

    @classmethod
    def of(cls, sessions: pl.Series, repeats: int, seed: int) -> "Draws":
        """Draws for judged rows, of which each lies in some session."""
        draw, count = np.random.default_rng(seed), sessions.n_unique()
        times = draw.multinomial(count, np.full(count, 1 / count), DRAWS)
        fewer = max(repeats - 1, 1)
        chosen = draw.multinomial(fewer, np.full(repeats, 1 / repeats), DRAWS) / fewer
        return cls(
            times=np.vstack([np.ones(count), times]),
            session=(sessions.rank("dense") - 1).cast(pl.Int64).to_numpy(),
            repeats=np.vstack([np.full(repeats, 1 / repeats), chosen]),
        )

    def scores(self, repeats: Sequence[pl.DataFrame]) -> dict[str, Floats]:
        """The metrics in every draw, each the mean over the repeats; NaN where a draw cannot tell.

        As in `models.metrics`, a sold-out row counts by its rebuilt demand and weighs the share of its arrivals that
        found stock, in `ap` and in `pinball`; in money it counts like any other.

        Args:
            repeats: one frame a repeat: forecasts beside `hit`, `demand_units`, `available_share`, `profit` and
                `oracle_profit`, with the rows in the same order.
        """
        each = [self._scores(rows) for rows in repeats]
        return {
            metric: (self.repeats * np.stack([one[metric] for one in each], axis=1)).sum(axis=1) for metric in JUDGED
        }

    def _scores(self, rows: pl.DataFrame) -> dict[str, Floats]:
        weight = rows["available_share"].to_numpy()
        return {
            "ap": self._precision(rows),
            "pinball": self.ratio(row_pinball(rows) * weight, weight),
            "profit_share": self.ratio(rows["profit"].to_numpy(), rows["oracle_profit"].to_numpy()),
        }

    def _precision(self, rows: pl.DataFrame) -> Floats:
        known = rows["hit"].is_not_null().to_numpy()
        hit = rows["hit"].fill_null(value=False).to_numpy()[known]
        weight = rows["available_share"].clip(LEAST_SHARE, 1.0).to_numpy()[known]
        return self.rows(known).average_precision(hit, rows["p_hit"].to_numpy()[known], weight)
