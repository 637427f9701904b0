"""Leaks as they are made in earnest, each put into the engine by patching one of its functions where it is used."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features import catalog, context, episodes, evidence, history, known, regulars, table, trade, viewers
from features.contract import INSTANT
from features.feature import Feature
from features.ledger import LAST_MINUTE, Ledger, pack

LISTING = ["session_id", "product_id"]
ALWAYS = pl.lit(0, pl.Int64).alias("minute")
YEARS = timedelta(days=3650)


def nothing_is_cut(to: pytest.MonkeyPatch) -> None:
    def cutoffs(rows):
        end = np.full(rows.height, LAST_MINUTE)
        return history.Cutoffs(end, end)

    to.setattr("features.table._cutoffs", cutoffs)


def clocks_are_an_hour_off(to: pytest.MonkeyPatch) -> None:
    honest = table._cutoffs
    to.setattr("features.table._cutoffs", lambda rows: honest(rows.with_columns(pl.col("cutoff") + timedelta(hours=1))))


def the_cutoffs_own_minute_counts(to: pytest.MonkeyPatch) -> None:
    def positions(self, codes, minutes):
        return np.searchsorted(self.packed, pack(codes, np.clip(minutes, 0, LAST_MINUTE)), side="right")

    to.setattr(Ledger, "positions", positions)


def receipt_is_ignored(to: pytest.MonkeyPatch) -> None:
    to.setattr("features.known.known_at", lambda name: known._OWN[name].alias("known_at"))


def the_version_of_the_cutoff_itself_counts(to: pytest.MonkeyPatch) -> None:
    to.setattr("features.context.at", as_if_later(timedelta(microseconds=1)))


def the_latest_version_counts(to: pytest.MonkeyPatch) -> None:
    to.setattr("features.context.at", as_if_later(YEARS))


def rows_belong_where_the_latest_catalogue_says(to: pytest.MonkeyPatch) -> None:
    to.setattr("features.placing.at", as_if_later(YEARS))


def discounts_are_off_the_latest_list_price(to: pytest.MonkeyPatch) -> None:
    to.setattr("features.trade.at", as_if_later(YEARS))


def returns_count_when_their_order_does(to: pytest.MonkeyPatch) -> None:
    def facts(frame, name):
        told = known.facts(frame, name)
        return told.with_columns(known_at=known.ALWAYS) if name == "returns" else told

    to.setattr("features.trade.facts", facts)


def debuts_are_foreseen(to: pytest.MonkeyPatch) -> None:
    honest = trade.trade
    to.setattr("features.trade.trade", lambda tables, days, first: honest(tables, days, first.with_columns(ALWAYS)))


def a_mean_encoding_takes_all_sessions(to: pytest.MonkeyPatch) -> None:
    def encoded(tables, rows, settings):
        mean = tables["orders"].group_by("product_id").agg(sold=pl.col("units").mean())
        return context.context(tables, rows, settings).join(mean, on="product_id", how="left", maintain_order="left")

    leaky = Feature("sold", "what it sells", pl.col("sold"), 0, 1e9, "units", "unknown", "Mean units an order.")
    to.setattr(catalog, "CATALOG", (*catalog.CATALOG, leaky))
    to.setattr("features.table.context", encoded)


def sell_outs_count_from_the_start(to: pytest.MonkeyPatch) -> None:
    honest = evidence._sold_out

    def from_the_start(tables, showings):
        begins = showings.select(*LISTING, begins="minute")
        return honest(tables, showings).join(begins, on=LISTING).with_columns(minute="begins").drop("begins")

    to.setattr("features.evidence._sold_out", from_the_start)


def the_last_cap_counts(to: pytest.MonkeyPatch) -> None:
    def shown_in(begun, tables):
        last = known.versions(tables["lineups"], "lineups").unique(LISTING, keep="last", maintain_order=True)
        shown = episodes.shown_in(begun, tables).drop("units_offered")
        return shown.join(last.select(*LISTING, "units_offered"), on=LISTING)

    to.setattr("features.past.shown_in", shown_in)


def starts_are_known_as_they_happen(to: pytest.MonkeyPatch) -> None:
    def starts(tables):
        at_once = tables["sessions"].with_columns(received_at=pl.lit(None, INSTANT))
        return episodes.starts({**tables, "sessions": at_once})

    to.setattr("features.past.starts", starts)


def starts_to_come_end_the_windows(to: pytest.MonkeyPatch) -> None:
    honest = context.listings_known

    def listings_known(tables, pairs):
        stated = known.versions(tables["sessions"], "sessions").select("session_id", "known_at", "started_at")
        return honest(tables, pairs).drop("started_at").pipe(known.at, stated, ("session_id",))

    to.setattr("features.context.listings_known", listings_known)


def viewers_count_by_their_last_sighting(to: pytest.MonkeyPatch) -> None:
    def stretches(of, viewer, row, lengths):
        told = viewers.stretches(of, viewer, row, {*lengths, None})
        return {**told, viewers.came(None): told[viewers.left(None)]}

    to.setattr("features.history.stretches", stretches)


def newcomers_count_by_their_last_sighting(to: pytest.MonkeyPatch) -> None:
    honest, mirrored = regulars.newcomers, (LAST_MINUTE - pl.col("minute")).alias("minute")

    def newcomers(viewer, row, places):
        return honest(viewer, row, places.with_columns(mirrored)).with_columns(mirrored)

    to.setattr("features.regulars.newcomers", newcomers)


def buyers_to_come_are_patrons(to: pytest.MonkeyPatch) -> None:
    honest = regulars.earlier_buyers
    to.setattr(
        "features.regulars.earlier_buyers", lambda seen, bought, name: honest(seen, bought.with_columns(ALWAYS), name)
    )


def gaps_reach_to_the_next_action(to: pytest.MonkeyPatch) -> None:
    honest = history.gaps
    to.setattr("features.history.gaps", lambda of, values: np.append(honest(of, values)[1:], 0))


def labels_are_of_all_tables(to: pytest.MonkeyPatch) -> None:
    to.setattr("features.labels.known_by", lambda tables, _: dict(tables))


def plans_ahead_are_the_latest(to: pytest.MonkeyPatch) -> None:
    to.setattr("features.context.at", as_if_later(YEARS))


def hits_are_held_against_later_sessions(to: pytest.MonkeyPatch) -> None:
    def hit_bars(finished, cutoffs, settings):
        bar = pl.col("demand_units").quantile(1 - settings.hit_share, "linear")
        return finished.select(cutoff=cutoffs.first(), hit_bar_units=bar)

    to.setattr("futures.hit_bars", hit_bars)


def as_if_later(ahead: timedelta) -> Callable[[pl.DataFrame, pl.DataFrame, tuple[str, ...]], pl.DataFrame]:
    """The look-up of versions at a cutoff that lies so much later."""

    def at(rows, versions, keys):
        return known.at(rows.with_columns(pl.col("cutoff") + ahead), versions, keys).with_columns(rows["cutoff"])

    return at


FEATURE_LEAKS = (
    nothing_is_cut,
    clocks_are_an_hour_off,
    the_cutoffs_own_minute_counts,
    receipt_is_ignored,
    the_version_of_the_cutoff_itself_counts,
    the_latest_version_counts,
    rows_belong_where_the_latest_catalogue_says,
    discounts_are_off_the_latest_list_price,
    returns_count_when_their_order_does,
    debuts_are_foreseen,
    a_mean_encoding_takes_all_sessions,
    sell_outs_count_from_the_start,
    the_last_cap_counts,
    starts_are_known_as_they_happen,
    starts_to_come_end_the_windows,
    viewers_count_by_their_last_sighting,
    newcomers_count_by_their_last_sighting,
    buyers_to_come_are_patrons,
    gaps_reach_to_the_next_action,
)
LABEL_LEAKS = (labels_are_of_all_tables, plans_ahead_are_the_latest, hits_are_held_against_later_sessions)
