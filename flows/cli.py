"""The command line: what a person or a cron job types. Each command says what it did and where its results lie."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import Abort, TyperException

if TYPE_CHECKING:
    from flows.moments import Ahead
    from flows.site import Site

app = typer.Typer(
    name="baokuan",
    help="From live-room events to a ranked stocking list.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Home = Annotated[Path, typer.Option(help="Directory of the lake, the models and the records.")]
Overlays = Annotated[list[Path] | None, typer.Option("--config", help="YAML file laid over the defaults; repeatable.")]
Landing = Annotated[Path, typer.Option(help="Folder with one sub-folder of files per landing table.")]
AsOf = Annotated[str, typer.Option(help="The cutoff: ISO 8601 with an offset, such as 2024-06-19T00:00:00+08:00.")]
LatestAsOf = Annotated[str | None, typer.Option(help="The cutoff; by default the moment after the newest row.")]
Horizon = Annotated[str, typer.Option(help="How far ahead: 7d, 36h.")]
Out = Annotated[Path, typer.Option(help="Folder for the results.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]
HOME = Path(".baokuan")


@app.command()
def demo(
    home: Home = Path("demo/home"), out: Out = Path("demo"), config: Overlays = None, debug: Debug = False
) -> None:
    """Simulate a season and take it through everything; then say where to look."""
    site = _site(home, config)
    with _at_work(site, debug):
        from flows.demo import demo as flow

        told = flow(site, out)
    _say(*told.sentences())


@app.command()
def adapt(
    source: Annotated[Path, typer.Option(help="Folder with one SELECT per landing table, as in configs/sources.")],
    raw: Annotated[Path, typer.Option(help="Folder of the exported files.")],
    landing: Landing,
    debug: Debug = False,
) -> None:
    """Turn somebody's export into landing tables."""
    from flows.terminal import telling

    with telling(debug=debug):
        from flows.adapt import adapt as adapted

        told = adapted(source, raw, landing)
    _say(*told.sentences())


@app.command()
def check(landing: Landing, config: Overlays = None, debug: Debug = False) -> None:
    """Hold landing tables against the contract; change nothing."""
    from flows.terminal import telling

    with telling(debug=debug):
        from flows.check import check as checked

        told = checked(landing, _site(HOME, config).settings())
    _say(*told.sentences())
    if not told.clean:
        raise typer.Exit(2)


@app.command()
def run(  # noqa: PLR0913 - a command's options
    landing: Landing,
    as_of: AsOf,
    horizon: Horizon,
    out: Out,
    home: Home = HOME,
    config: Overlays = None,
    debug: Debug = False,
) -> None:
    """Do all of it: ingest, features, train unless a champion stands, and write the stocking list."""
    site, ahead = _site(home, config), _ahead(horizon, as_of)
    with _at_work(site, debug):
        from flows.run import run as flow

        told = flow(site, landing, ahead, out)
    _say(*told.sentences())


@app.command()
def ingest(landing: Landing, home: Home = HOME, config: Overlays = None, debug: Debug = False) -> None:
    """Bring landing tables into the lake; what breaks the contract goes to quarantine."""
    site = _site(home, config)
    with _at_work(site, debug):
        from flows.ingest import ingest as flow

        told = flow(site, landing)
    _say(*told.sentences())


@app.command()
def train(
    as_of: LatestAsOf = None,
    horizon: Horizon = "7d",
    home: Home = HOME,
    config: Overlays = None,
    debug: Debug = False,
) -> None:
    """Learn from all sessions that are over, judge the result, and register it."""
    site, ahead = _site(home, config), _ahead(horizon, as_of)
    with _at_work(site, debug):
        from flows.train import train as flow

        told = flow(site, ahead)
    _say(*told.sentences())


@app.command()
def stock(  # noqa: PLR0913 - a command's options
    as_of: AsOf, horizon: Horizon, out: Out, home: Home = HOME, config: Overlays = None, debug: Debug = False
) -> None:
    """Write the stocking list of the sessions ahead, with the predictor in service."""
    site, ahead = _site(home, config), _ahead(horizon, as_of)
    with _at_work(site, debug):
        from flows.stock import stock as flow

        told = flow(site, ahead, out)
    _say(*told.sentences())


@app.command()
def backtest(  # noqa: PLR0913 - a command's options
    origins: Annotated[int, typer.Option(min=1, max=400, help="How many cutoffs in the past.")],
    every: Annotated[str, typer.Option(help="How far apart they lie: 7d.")],
    horizon: Horizon,
    out: Out,
    as_of: LatestAsOf = None,
    home: Home = HOME,
    config: Overlays = None,
    debug: Debug = False,
) -> None:
    """Forecast past sessions as if each cutoff were today, beside the baselines."""
    site, ahead = _site(home, config), _ahead(horizon, as_of)
    with _at_work(site, debug):
        from flows.backtest import Past
        from flows.backtest import backtest as flow
        from flows.moments import span

        told = flow(site, ahead, Past(origins=origins, every=span(every)), out)
    _say(*told.sentences())


@app.command()
def ui(home: Home = HOME, mlflow_port: int = 5000, prefect_port: int = 4200) -> None:
    """Serve the MLflow and Prefect pages of this home on loopback until Ctrl-C."""
    from flows.ui import serve

    serve(_site(home, None), mlflow_port=mlflow_port, prefect_port=prefect_port)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status: 0 done, 2 bad arguments or input, 1 any other failure."""
    from flows.refusals import refusals

    try:
        status = app(args=arguments, standalone_mode=False)
    except (TyperException, *refusals()) as error:
        _leave(error, 2)
    except (KeyboardInterrupt, Abort):
        _leave(KeyboardInterrupt("stopped"), 130)
    sys.exit(status if isinstance(status, int) else 0)
