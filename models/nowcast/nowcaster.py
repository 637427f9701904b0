"""What a listing will have sold in the end, told from how its session runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.boosting import Aim, Grown, Rows, grow, tune
from models.calibration import UNTRIED
from models.dataset import LISTING, ROW
from models.demand import SUREST, weights
from models.encoding import Encoding
from models.grid import QUANTILES, Floats
from models.grid import mean as grid_mean
from models.hits import AS_THEY_ARE, Odds, calibrated
from models.nowcast.arrivals import Arrivals
from models.nowcast.start import Start, minutes_open
from models.nowcast.trust import SHARES, Trust, losses, mixed
from models.nowcast.view import OPEN, PLANNED, TO_PLAN, WAS, view
from models.nowcast.width import Known, Reach, Width
from models.settings import ModelSettings

AIMS: Mapping[str, Aim] = {
    "nowlow": Aim("quantile", 0.10),
    "nowmiddle": Aim("quantile", 0.50),
    "nowhigh": Aim("quantile", 0.90),
}
NOWCAST = ("minutes_open", "sold_units", "p_hit", "demand_mean", *QUANTILES)


@dataclass(frozen=True, eq=False)
class Nowcaster:
    """Straight lines to start from, three boosters that know better, and what later sessions taught of their errors.

    Attributes:
        start: the lines.
        encoding: which columns of a `view` the boosters read.
        boosters: by the names of `AIMS`: what each adds to the start, in logarithms of 1 + units.
        width: at which steps of the boosters' reach the levels of demand lie.
        trust: how far it is trusted beside the plan.
        odds: the line from the reach's log-odds of a hit to true ones.
        arrivals: how demand usually arrives.
        listings: how many it learnt from.
    """

    start: Start
    encoding: Encoding
    boosters: Mapping[str, Grown]
    width: Width
    trust: Trust
    odds: Odds
    arrivals: Arrivals
    listings: int

    def forecast(self, features: pl.DataFrame, plan: pl.DataFrame, threads: int) -> pl.DataFrame:
        """What each listing will have come to.

        Args:
            features: session_id, product_id, cutoff and the columns of `seen.SEEN`, as they are at the cutoff.
            plan: of each listing what was forecast before its session, as `view` reads it.
            threads: for the boosters.

        Returns:
            One row a row, in the same order: session_id, product_id, cutoff and `NOWCAST`: `minutes_open` (null before
            it opens), `sold_units` (Int64) and final demand in units (Float64): never below what was sold.
        """
        return self.told(view(features, plan), threads)

    def reads(self, features: pl.DataFrame) -> bool:
        """Whether it can tell from such a feature table; what is planned comes beside it."""
        own = [name for name in self.encoding.numbers if name not in PLANNED and not name.endswith(TO_PLAN)]
        return all(features.schema.get(name) == pl.Float32 for name in own)

    def told(self, rows: pl.DataFrame, threads: int) -> pl.DataFrame:
        """The same of rows that `view` made."""
        reach, opened = self._reach(rows, threads), minutes_open(rows)
        sold, bar = rows["sold_units"].to_numpy(), rows["hit_bar_units"].fill_null(np.inf).to_numpy()
        ours = np.maximum(reach.units(self.width.at(opened)), sold[:, None])
        units = mixed(ours, planned(rows), self.trust.at(opened))
        chance = np.where(sold > bar, 1.0, self.odds.probability(odds_above(reach, bar)))
        levels = {name: units[:, place] for place, name in enumerate(QUANTILES)}
        return rows.select(
            *ROW,
            pl.col(OPEN).cast(pl.Float64).alias("minutes_open"),
            pl.col("sold_units").cast(pl.Int64),
            p_hit=pl.Series(np.where(np.isfinite(bar), chance, rows["plan_p_hit"].to_numpy())),
            demand_mean=pl.Series(np.maximum(grid_mean(units), sold)),
            **{name: pl.Series(column) for name, column in levels.items()},
        ).select(*ROW, *NOWCAST)

    def _reach(self, rows: pl.DataFrame, threads: int) -> Reach:
        matrix = self.encoding.matrix(rows)
        return Reach.of(self.start.logs(rows), np.stack([self.boosters[name].raw(matrix, threads) for name in AIMS]))

    def document(self) -> dict[str, Any]:
        """Everything but the boosters, as JSON holds it."""
        return {
            "start": self.start.document(),
            "encoding": self.encoding.document(),
            "width": self.width.document(),
            "trust": self.trust.document(),
            "odds": self.odds.document(),
            "arrivals": self.arrivals.document(),
            "listings": self.listings,
        }

    @classmethod
    def read(cls, document: Mapping[str, Any], boosters: Mapping[str, Grown]) -> "Nowcaster":
        """Out of JSON and its boosters."""
        return cls(
            Start.read(document["start"]),
            Encoding.read(document["encoding"]),
            {name: boosters[name] for name in AIMS},
            Width.read(document["width"]),
            Trust.read(document["trust"]),
            Odds.read(document["odds"]),
            Arrivals.read(document["arrivals"]),
            document["listings"],
        )


def learnt(rows: pl.DataFrame, settings: ModelSettings) -> Nowcaster | None:
    """A nowcaster out of finished listings (`lessons`); None where there are too few.

    The latest sessions tell when trees stop to help, how far outcomes stray and what odds are worth; then lines and
    trees are made anew from all rows.
    """
    listings = rows.select(LISTING).n_unique()
    if listings < settings.nowcast.min_listings:
        return None
    earlier, later = parted(rows, settings.nowcast.later_share)
    if not (earlier.height and later.height):
        return None
    tried = _tried(earlier, later, settings)
    width, trust, odds = _corrected(tried, later, settings)
    start = _start(rows, settings)
    lessons = _lessons(rows, start, tried.encoding, settings)
    binned = lessons.binned(_grown(settings))
    boosters = {name: grow(binned, aim, tried.boosters[name].rounds, _grown(settings)) for name, aim in AIMS.items()}
    return Nowcaster(start, tried.encoding, boosters, width, trust, odds, Arrivals.of(rows), listings)


def parted(rows: pl.DataFrame, later_share: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Earlier and later sessions; all rows of a session, and all sessions of an instant, on one side."""
    begun = rows.select("session_id", "scheduled_at").unique().sort("scheduled_at")["scheduled_at"]
    if begun.is_empty():
        return rows, rows
    first = begun[int(len(begun) * (1 - later_share))]
    return rows.filter(pl.col("scheduled_at") < first), rows.filter(pl.col("scheduled_at") >= first)


def odds_above(reach: Reach, bar: Floats) -> Floats:
    """Log-odds that each row's demand passes its bar, by a logistic curve through the boosters' levels."""
    return np.asarray(np.clip(-np.log(9) * reach.errors(np.log1p(bar)), -SUREST, SUREST), dtype=np.float64)


def _tried(earlier: pl.DataFrame, later: pl.DataFrame, settings: ModelSettings) -> Nowcaster:
    """What the earlier sessions alone teach, with trees that stop where the later ones no longer gain."""
    start = _start(earlier, settings)
    encoding = Encoding.of(earlier, [name for name, dtype in earlier.schema.items() if dtype == pl.Float32])
    taught, tested = (_lessons(rows, start, encoding, settings) for rows in (earlier, later))
    binned = taught.binned(_grown(settings))
    checked = tested.binned(_grown(settings), like=binned)
    boosters = {name: tune((binned, checked), aim, _grown(settings)) for name, aim in AIMS.items()}
    flat, full = Width((0.0,), (UNTRIED.overall,)), Trust((0.0,), (1.0,))
    return Nowcaster(start, encoding, boosters, flat, full, AS_THEY_ARE, Arrivals((), ()), 0)


def _corrected(tried: Nowcaster, later: pl.DataFrame, settings: ModelSettings) -> tuple[Width, Trust, Odds]:
    reach = tried._reach(later, settings.threads)  # noqa: SLF001 - its own
    sold = np.log1p(later["sales_units"].cast(pl.Float64).to_numpy())
    known = Known(later["censored"].to_numpy(), weights(later, settings))
    width = Width.of(reach.errors(sold), minutes_open(later), known, settings.nowcast.group_rows)
    judged = (later["hit"].is_not_null() & (later["sold_units"] <= later["hit_bar_units"])).fill_null(value=False)
    raw = odds_above(reach, later["hit_bar_units"].fill_null(np.inf).to_numpy())[judged.to_numpy()]
    day = later.filter(judged)["scheduled_at"].dt.epoch("d").cast(pl.Int64).to_numpy()
    return (
        width,
        _trusted(reach, width, later, settings),
        calibrated(raw, later.filter(judged)["hit"].to_numpy(), day // 7),
    )


def planned(rows: pl.DataFrame) -> Floats:
    """The plan's demand at every level, raised to what was sold: one row a row."""
    was = rows.select(WAS[name] for name in QUANTILES).to_numpy()
    return np.asarray(np.maximum(was, rows["sold_units"].to_numpy()[:, None]), dtype=np.float64)


def _trusted(reach: Reach, width: Width, later: pl.DataFrame, settings: ModelSettings) -> Trust:
    opened, sold = minutes_open(later), later["sold_units"].to_numpy()[:, None]
    ours, plan = np.maximum(reach.units(width.at(opened)), sold), planned(later)
    demand, flat = later["demand_units"].to_numpy(), np.ones(later.height)
    lost = {share: losses(demand, mixed(ours, plan, flat * share)) for share in SHARES}
    return Trust.of(lost, opened, weights(later, settings), settings.nowcast.group_rows)


def _start(rows: pl.DataFrame, settings: ModelSettings) -> Start:
    logs = np.log1p(rows["demand_units"].to_numpy())
    return Start.of(rows, logs, weights(rows, settings), settings.nowcast.ridge)


def _lessons(rows: pl.DataFrame, start: Start, encoding: Encoding, settings: ModelSettings) -> Rows:
    off = np.log1p(rows["demand_units"].to_numpy()) - start.logs(rows)
    return Rows(encoding, encoding.matrix(rows), off, weights(rows, settings))


def _grown(settings: ModelSettings) -> ModelSettings:
    own = settings.nowcast
    wanted = {"rounds": own.rounds, "learning_rate": own.learning_rate, "leaves": own.leaves, "min_data": own.min_data}
    return settings.model_copy(update=wanted)
