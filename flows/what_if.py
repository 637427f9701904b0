"""What if the budget were another: plans side by side, in a table and a picture of profit against money."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from prefect import flow

from features.known import stock_at
from flows.data import Stretch, stretch_as_scheduled
from flows.durable import whole
from flows.moments import Ahead
from flows.pictures.plans import profit_by_budget
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.stock import Job, forecast_listings, prepare
from flows.summaries import page, published
from stocking.alternatives import Planning, alternatives

TABLE, CELLS, PICTURE = "what_if.parquet", "what_if.csv", "what_if.png"


@dataclass(frozen=True)
class Asked:
    """What is asked: budgets of each merchant in money, least service levels; none of either: what is usual."""

    budgets: tuple[float, ...] = ()
    services: tuple[float, ...] = ()


@dataclass(frozen=True)
class Compared:
    """Plans that were compared, and where they are told.

    Attributes:
        table: the file with a row a plan; the same as CSV lies beside it.
        picture: profit against money.
        lines: a line a plan.
    """

    table: Path
    picture: Path
    lines: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (*self.lines, f"table: {self.table} and {CELLS}", f"picture: {self.picture}")


@flow(name="what-if", flow_run_name=run_name)
def what_if(site: Site, ahead: Ahead, asked: Asked, out: Path) -> Compared:
    """Plan the sessions ahead under other budgets and service levels, and write the plans side by side."""
    with site.alone():
        stretch = stretch_as_scheduled(ahead)
        job = step(prepare)(site, stretch)
        lines = step(forecast_listings)(job, stretch)
        table = step(plan_each)(job, stretch, lines, asked)
        compared = step(write_comparison)(job, table, out)
        step(publish)(compared, stretch)
        return compared


def plan_each(job: Job, stretch: Stretch, lines: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """A row for each plan: the one configured, and those asked for."""
    held = stock_at(job.data.tables["stock"], stretch.cutoff)
    return alternatives(Planning(lines, held, job.site.settings().policy), asked.budgets, asked.services)


def write_comparison(job: Job, table: pl.DataFrame, out: Path) -> Compared:
    """The table as Parquet and CSV, and the picture."""
    currency = job.site.settings().market.currency
    figure = profit_by_budget(table, currency)
    whole(out / CELLS, table.write_csv)
    return Compared(
        table=whole(out / TABLE, table.write_parquet),
        picture=whole(out / PICTURE, lambda path: figure.savefig(path, format="png", dpi=110)),
        lines=tuple(_said(row, currency) for row in table.iter_rows(named=True)),
    )


def publish(compared: Compared, stretch: Stretch) -> str:
    """A page of this run, beside it in Prefect."""
    facts = {"cutoff": stretch.cutoff.isoformat(), "table": compared.table, "picture": compared.picture}
    return published("what-if", page("What if", facts, compared.lines))


def _said(row: dict[str, object], currency: str) -> str:
    name = f"{row['plan']}, service {row['service']:.0%}, reserve {row['reserve']}"
    if row["infeasible"] is not None:
        first, *more = str(row["infeasible"]).split("; ")
        return f"{name}: {first}{f'; {len(more)} limits more fall short, see the table' if more else ''}"
    return (
        f"{name}: spends {row['spend']:,.0f} and {row['fees']:,.0f} {currency} of fees, earns {row['profit']:,.0f} "
        f"({row['reserve_value']:,.0f} by waiting), fills {row['fill_rate']:.0%}, leaves {row['leftover_share']:.0%}; "
        f"one more {currency} brings {row['next_worth']:.2f}"
    )
