"""The command line: what a person or a cron job types. Each command says what it did and where its results lie."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from flows import care_commands, erasing_commands, live_commands, review_commands, service_commands
from flows.app import app
from flows.command import Told, at_home
from flows.leaving import leave
from flows.options import (
    AsOf,
    At,
    Before,
    Budget,
    Budgets,
    Every,
    Home,
    Landing,
    LandingOut,
    Lang,
    LatestAsOf,
    Length,
    LengthOrWeek,
    Moment,
    Origins,
    Out,
    Overlays,
    Port,
    Raw,
    Repeats,
    Rows,
    Sent,
    Services,
    Source,
    Trials,
    Truth,
)

if TYPE_CHECKING:
    from flows.site import Site

PARTS = (care_commands, erasing_commands, live_commands, review_commands, service_commands)
"""Where the other commands stand."""


@app.command()
@at_home(home=Path("demo/home"))
def demo(site: "Site", *, out: Out = Path("demo")) -> Told:
    """Simulate a season and take it through everything."""
    from flows.demo import demo as flow

    return flow(site, out)


@app.command()
def adapt(*, source: Source, raw: Raw, landing: LandingOut) -> None:
    """Turn somebody's export into landing tables."""
    from flows.adapt import adapt as adapted
    from flows.terminal import say, telling

    with telling():
        written = adapted(source, raw, landing)
    say(*(f"{one.table}: {one.rows:,} rows in {one.path}" for one in written))


@app.command()
def check(*, landing: Landing, config: Overlays = None) -> None:
    """Hold landing tables against the contract; change nothing."""
    from flows.check import check as checked
    from flows.site import Site
    from flows.terminal import say, telling

    with telling():
        report = checked(landing, Site(config=tuple(config or ())).settings())
    say(*report.sentences())
    raise typer.Exit(0 if report.clean else 2)


@app.command()
@at_home()
def run(  # noqa: PLR0913 - options
    site: "Site", *, landing: Landing, as_of: AsOf, horizon: Length, out: Out, lang: Lang = None
) -> Told:
    """Do all of it: ingest, train unless a champion stands, stock."""
    from flows.moments import Ahead
    from flows.run import run as flow

    return flow(site, landing, Ahead(as_of=as_of, horizon=horizon), out, lang)


@app.command()
@at_home()
def ingest(site: "Site", *, landing: Landing) -> Told:
    """Bring landing tables into the lake, what is bad to quarantine."""
    from flows.ingest import ingest as flow

    return flow(site, landing)


@app.command()
@at_home()
def train(site: "Site", *, as_of: LatestAsOf = None, horizon: LengthOrWeek = timedelta(days=7)) -> Told:
    """Learn from the sessions that are over; judge and register."""
    from flows.moments import Ahead
    from flows.train import train as flow

    return flow(site, Ahead(as_of=as_of, horizon=horizon))


@app.command()
@at_home()
def stock(site: "Site", *, as_of: AsOf, horizon: Length, out: Out, lang: Lang = None) -> Told:  # noqa: PLR0913 - options
    """Write the stocking list of the sessions ahead."""
    from flows.moments import Ahead
    from flows.stock import stock as flow

    return flow(site, Ahead(as_of=as_of, horizon=horizon), out, lang)


@app.command()
@at_home()
def restock(  # noqa: PLR0913 - options
    site: "Site", *, horizon: LengthOrWeek = timedelta(days=7), out: Out, before: Before = None, as_of: Moment = None
) -> Told:
    """Make the list anew where a session has come near since the last."""
    from flows.restock import Near
    from flows.restock import restock as flow

    asked = {"before": tuple(before)} if before else {}
    return flow(site, Near(horizon=horizon, as_of=as_of or datetime.now(UTC), **asked), out)


@app.command(name="what-if")
@at_home(made=False)
def what_if(  # noqa: PLR0913 - options
    site: "Site", *, as_of: AsOf, horizon: Length, out: Out, budget: Budgets = None, service: Services = None
) -> Told:
    """Compare plans under other budgets and service levels."""
    from flows.moments import Ahead
    from flows.what_if import Asked
    from flows.what_if import what_if as flow

    asked = Asked(budgets=tuple(budget or ()), services=tuple(service or ()))
    return flow(site, Ahead(as_of=as_of, horizon=horizon), asked, out)


@app.command()
@at_home(made=False)
def decide(site: "Site", file: Sent, *, at: At = None) -> Told:
    """Take in what a merchant decided, from the list sent back."""
    from flows.decide import decide as flow

    return flow(site, file, at or datetime.now(UTC))


@app.command()
@at_home()
def backtest(  # noqa: PLR0913 - options
    site: "Site",
    *,
    out: Out,
    origins: Origins = 6,
    every: Every = timedelta(days=7),
    horizon: LengthOrWeek = timedelta(days=7),
    as_of: LatestAsOf = None,
    truth: Truth = None,
) -> Told:
    """Forecast past sessions as if each cutoff were today; judge us and the baselines."""
    from flows.backtest import Past
    from flows.backtest import backtest as flow
    from flows.moments import Ahead

    past = Past(origins=origins, every=every, truth=truth)
    return flow(site, Ahead(as_of=as_of, horizon=horizon), past, out)


@app.command()
@at_home()
def ablate(  # noqa: PLR0913 - options
    site: "Site",
    *,
    out: Out,
    as_of: LatestAsOf = None,
    horizon: LengthOrWeek = timedelta(days=7),
    rows: Rows = 60_000,
    repeats: Repeats = 2,
) -> Told:
    """Tell what each group of features adds to hits, demand and profit."""
    from flows.ablate import Effort
    from flows.ablate import ablate as flow
    from flows.moments import Ahead

    return flow(site, Ahead(as_of=as_of, horizon=horizon), Effort(rows=rows, repeats=repeats), out)


@app.command()
@at_home()
def tune(  # noqa: PLR0913 - options
    site: "Site",
    *,
    out: Out,
    trials: Trials = 30,
    budget: Budget = timedelta(minutes=30),
    as_of: LatestAsOf = None,
    horizon: LengthOrWeek = timedelta(days=7),
) -> Told:
    """Look for better settings of learning; a second call goes on."""
    from flows.moments import Ahead
    from flows.tune import Effort
    from flows.tune import tune as flow

    return flow(site, Ahead(as_of=as_of, horizon=horizon), Effort(trials=trials, budget=budget), out)


@app.command()
def ui(*, home: Home = Path(".baokuan"), mlflow_port: Port = 5000, prefect_port: Port = 4200) -> None:
    """Serve the MLflow and Prefect pages of this home, until Ctrl-C."""
    from flows.site import Site
    from flows.ui import serve

    serve(Site(home=home), mlflow_port=mlflow_port, prefect_port=prefect_port)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave: 0 done, 2 bad arguments or bad input, 1 any other failure, 130 stopped."""
    leave(app, arguments)
