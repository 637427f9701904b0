"""The demonstration: a season that is simulated, and says so, taken through everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from prefect import flow

from features.season.settings import SeasonSettings
from features.season.simulate import simulate
from features.season.write import write_landing, write_truth
from flows.moments import Ahead
from flows.run import Ran, run
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from stocking.exports import LIST_FILE


@dataclass(frozen=True)
class Played:
    """A simulated season as files."""

    landing: Path
    truth: Path
    as_of: datetime
    stocking: Path

    def week(self) -> Ahead:
        """The seven days after the season's cut."""
        return Ahead(as_of=self.as_of, horizon=timedelta(days=7))


@dataclass(frozen=True)
class Shown:
    """What the demonstration came to, and where to look."""

    site: Site
    played: Played
    ran: Ran
    looked_back: str

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            "a simulated season: every number in it is made up",
            *self.ran.sentences(),
            f"landing tables: {self.played.landing}",
            f"what truly happened after the cut, never shown to the predictor: {self.played.truth}",
            self.looked_back,
            f"the training run and the flow runs: baokuan ui --home {self.site.home}",
        )


@flow(name="demo", flow_run_name=run_name)
def demo(site: Site, out: Path) -> Shown:
    """Simulate a season and take it through everything."""
    played = step(play_season)(out, SeasonSettings.demo())
    ran = run(site, played.landing, played.week(), played.stocking)
    looked_back = step(look_back)(played)
    return Shown(site, played, ran, looked_back)


def play_season(out: Path, settings: SeasonSettings) -> Played:
    """Simulate a season and write its landing tables, and its truth outside of them."""
    season = simulate(settings)
    played = Played(out / "landing", out / "truth.parquet", season.as_of, out / "stocking")
    write_landing(season, played.landing)
    write_truth(season, played.truth)
    return played


def look_back(played: Played) -> str:
    """How many of the first lines the dice then made best sellers."""
    lines = pl.read_parquet(played.stocking / LIST_FILE).join(
        pl.read_parquet(played.truth), on=["session_id", "product_id"]
    )
    best = lines.top_k(max(lines.height // 10, 1), by=["demand", "rank"]).select("rank")
    right = best.filter(pl.col("rank") <= best.height).height
    return f"of its first {best.height} lines {right} were among the {best.height} that truly sold best"
