"""What each column of a paper is called, what it means, and what kind of thing stands in it."""

from dataclasses import dataclass
from typing import Literal

from stocking.papers.words import marked

Kind = Literal[
    "text", "id", "words", "remarks", "code", "codes", "units", "amount", "money", "price", "share", "day", "hour",
    "instant",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column, for people.

    Attributes:
        label: its heading.
        meaning: one sentence that explains it.
        kind: how its values are written; `amount` is a number of units that need not be whole, `price` is
            money to the cent, `money` without its small change; `words` are lists, one text a line, `remarks`
            lists on one line.
        bar: whether a bar in the cell shows how large the value is.
        composed: whether it comes as English texts that people read in their own language (`stocking.papers.retold`).
    """

    label: str
    meaning: str
    kind: Kind
    bar: bool = False
    composed: bool = False


COLUMNS: dict[str, Column] = {
    "rank": Column(marked("Rank"), marked("1 is the best line of this list."), "units"),
    "title": Column(marked("Product"), marked("The product's title."), "text"),
    "product_id": Column(marked("Product id"), marked("The product's id, unchanged."), "id"),
    "session_id": Column(marked("Session id"), marked("The session's id, unchanged."), "id"),
    "room_id": Column(marked("Room id"), marked("The room that the session runs in."), "id"),
    "category": Column(marked("Category"), marked("The product's category, from wide to narrow."), "text"),
    "scheduled_at": Column(marked("Session starts"), marked("When the session is planned to start."), "instant"),
    "day": Column(marked("Day"), marked("The day on which the session starts."), "day"),
    "price": Column(marked("Price"), marked("Price of one unit in this session."), "price"),
    "cost": Column(
        marked("Unit cost"), marked("What one unit costs; an assumed share of the price where flagged."), "price"
    ),
    "recommended_units": Column(
        marked("Order now"),
        marked("Finished units to order now, beyond those available; whole packs."),
        "units",
        bar=True,
    ),
    "reserve_units": Column(
        marked("Reserve"),
        marked("Units for which to reserve raw material, made only if the session confirms the demand."),
        "units",
    ),
    "order_by": Column(
        marked("Order by"), marked("Last moment to order so that the goods still arrive in time."), "instant"
    ),
    "approved_units": Column(
        marked("Approved units"),
        marked("Yours to fill in: the units you decide to order; empty means undecided."),
        "units",
    ),
    "note": Column(marked("Your note"), marked("Yours to fill in: why you decided so, or what to remember."), "text"),
    "flags": Column(marked("Flags"), marked("What to look at before deciding; each is explained below."), "codes"),
    "demand_p10": Column(marked("Demand, low"), marked("Demand stays below this in 1 of 10 cases (P10)."), "amount"),
    "demand_p50": Column(marked("Demand, middle"), marked("Demand is as often above this as below (P50)."), "amount"),
    "demand_p90": Column(marked("Demand, high"), marked("Demand stays below this in 9 of 10 cases (P90)."), "amount"),
    "p_hit": Column(
        marked("Chance of a hit"), marked("How likely this listing is to sell unusually well."), "share", bar=True
    ),
    "available_units": Column(
        marked("In stock"), marked("Units on hand or on their way that this session may count on."), "units"
    ),
    "expected_profit": Column(
        marked("Expected profit"),
        marked("Profit on average, with the available and the ordered units."),
        "money",
        bar=True,
    ),
    "lost_profit": Column(
        marked("Lost if not ordered"), marked("Profit lost on average if nothing is ordered."), "money"
    ),
    "fill_rate": Column(marked("Demand met"), marked("Share of the demand that can be served on average."), "share"),
    "leftover_units": Column(marked("Left over"), marked("Units left after the session on average."), "amount"),
    "leftover_chance": Column(
        marked("Left-over risk"), marked("How likely it is that anything is left over."), "share"
    ),
    "reserve_value": Column(
        marked("Worth of the reserve"), marked("What the reserved material is worth on average, its fee paid."), "money"
    ),
    "return_rate": Column(marked("Return rate"), marked("Share of the sold units expected to come back."), "share"),
    "reasons": Column(marked("Why"), marked("The three strongest reasons for the forecast."), "remarks", composed=True),
    "notes": Column(marked("Notes"), marked("What to know before acting on this line."), "remarks", composed=True),
    "make_now_units": Column(marked("Make now"), marked("Finished units to make now; whole packs."), "units", bar=True),
    "needed_by": Column(marked("Needed by"), marked("When the goods must be in the warehouse."), "instant"),
    "pack_units": Column(marked("Pack"), marked("Units in one pack."), "units"),
    "min_order_units": Column(marked("Minimum order"), marked("The smallest order that is accepted."), "units"),
    "peak_units": Column(
        marked("Peak day"), marked("The most units of this product to be made for any one day."), "units"
    ),
    "move_units": Column(
        marked("Units to move"), marked("Units ordered for this session that have yet to arrive."), "units", bar=True
    ),
    "volume_l": Column(
        marked("Volume, litres"),
        marked("Room that the units to move take; empty where a unit's is not known."),
        "amount",
    ),
    "parcels": Column(
        marked("Parcels"), marked("Parcels expected; empty where units an order are not known."), "amount", bar=True
    ),
    "expected_returned_units": Column(
        marked("Returns expected"), marked("Units expected to come back from buyers."), "amount"
    ),
    "day_parcels": Column(
        marked("Parcels that day"), marked("Parcels expected of all sessions of that day, as far as known."), "amount"
    ),
    "peak_hour": Column(
        marked("Peak hour"), marked("The hour of that day whose sessions bring the most parcels."), "hour"
    ),
    "order": Column(marked("No."), marked("The product's turn in the session."), "units"),
    "role": Column(marked("Role"), marked("What the product is there for; each role is explained below."), "code"),
    "stock_left_units": Column(
        marked("Stock left"),
        marked("Units that can be sold in this session, those on order included."),
        "units",
        bar=True,
    ),
    "questions": Column(
        marked("Viewers ask"), marked("The most frequent questions of viewers."), "words", composed=True
    ),
    "complaints": Column(
        marked("Be ready for"), marked("The most frequent complaints of viewers."), "words", composed=True
    ),
    "substitutes": Column(
        marked("If sold out, show"), marked("Products of the same kind in this session that are in stock."), "words"
    ),
    "change": Column(marked("Change"), marked("What is different from the last list."), "code"),
    "units_before": Column(marked("Units before"), marked("Units to order on the last list."), "units"),
    "units_after": Column(marked("Units now"), marked("Units to order on this list."), "units"),
    "order_by_before": Column(marked("Order by, before"), marked("Order-by date on the last list."), "instant"),
    "order_by_after": Column(marked("Order by, now"), marked("Order-by date on this list."), "instant"),
    "topic": Column(marked("Topic"), marked("What part of the data it is about."), "text", composed=True),
    "finding": Column(marked("Finding"), marked("What was missing, stale or assumed."), "text", composed=True),
}
"""Every column that a paper may show. Names never change; headings do with the language."""
