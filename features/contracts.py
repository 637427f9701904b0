"""The landing tables: what somebody's export must look like before anything is computed from it."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import polars as pl

from features.contract import Column, Reference, TableContract, optional

Tables = Mapping[str, pl.DataFrame]
"""All landing tables by name; an absent one is an empty frame with the right schema."""

KINDS = (
    "enter",
    "leave",
    "view",
    "like",
    "comment",
    "share",
    "follow",
    "gift",
    "product_click",
    "add_to_cart",
    "sold_out",
    "restock",
)

_maybe = partial(Column, optional=True)
_SESSION = Column("session_id", "id", "the broadcast", 1, 200)
_PRODUCT = Column("product_id", "id", "the product", 1, 200)
_SUPPLIER = Column("supplier_id", "id", "who makes the product", 1, 200)
_VIEWER = _maybe("viewer_id", "id", "pseudonym of who acted", 1, 200, private=True, without="no distinct viewers")
_KIND = Column("kind", "word", "what the viewer did, or what happened to the stock", words=KINDS)
_ANNOUNCED = Column("announced_at", "instant", "when the plan became known")
_MINUTES = _maybe("planned_minutes", "units", "how long it is planned to last", 0, 100_000)
_TS = Column("ts", "instant", "when it happened")

_TO_SESSION = Reference("session_id", "sessions", "session_id")
_TO_PRODUCT = Reference("product_id", "products", "product_id")
_TO_SUPPLIER = Reference("supplier_id", "suppliers", "supplier_id")
_TO_ORDER = Reference("order_id", "orders", "order_id")

_DECLARED = (
    TableContract(
        name="suppliers",
        sentence="Who makes the products, how fast and in what lots.",
        key=("supplier_id",),
        without="lead times, packs and minimum orders of suppliers: the configured defaults are used",
        own_columns=(
            _SUPPLIER,
            Column("lead_time_days", "number", "days from order to delivery", 0, 3_650),
            Column("min_order_units", "units", "smallest order accepted"),
            Column("pack_units", "units", "units in one pack", 1),
            _maybe("daily_capacity_units", "units", "units made in a day", without="capacity is unlimited"),
            _maybe(
                "reserve_fee_rate", "number", "share of unit cost to reserve material", 0, 1, without="none is reserved"
            ),
        ),
    ),
    TableContract(
        name="products",
        sentence="What can be sold, by whom, at what cost.",
        key=("product_id",),
        required=True,
        references=(_TO_SUPPLIER,),
        own_columns=(
            _PRODUCT,
            Column("merchant_id", "id", "who sells it", 1, 200),
            optional(_SUPPLIER),
            Column("category", "text", "path of categories with /", 1, 500),
            Column("title", "text", "name shown to people", 1, 2_000),
            _maybe("unit_cost", "money", "cost of one unit", without="cost is a configured share of price"),
            Column("list_price", "money", "price without discount"),
            _maybe("salvage_value", "money", "what a left-over still brings", without="a configured share of price"),
            _maybe("unit_volume_l", "number", "storage volume of one unit in litres", without="no storage volumes"),
            _maybe("launched_at", "instant", "when it was first on sale", without="age counts from the first listing"),
        ),
    ),
    TableContract(
        name="sessions",
        sentence="The broadcasts: the plan, and what became of it.",
        key=("session_id",),
        required=True,
        own_columns=(
            _SESSION,
            Column("room_id", "id", "the channel it runs on", 1, 200),
            _maybe("anchor_id", "id", "its host", 1, 200, without="no history of hosts"),
            _maybe("platform", "text", "where it is broadcast", 1, 200),
            _ANNOUNCED,
            Column("scheduled_at", "instant", "planned start"),
            _MINUTES,
            _maybe("started_at", "instant", "actual start, null until then", without="the plan is taken"),
            _maybe("ended_at", "instant", "actual end, null until then", without="the plan is taken"),
            _maybe("followers", "units", "followers of the room", 0, 1e10, without="no size of rooms"),
        ),
    ),
    TableContract(
        name="lineups",
        sentence="The listings: one product in one session, the rows that are predicted.",
        key=("session_id", "product_id"),
        required=True,
        references=(_TO_SESSION, _TO_PRODUCT),
        own_columns=(
            _SESSION,
            _PRODUCT,
            _ANNOUNCED,
            _maybe("position", "units", "place in the line-up", 0, 1_000_000, without="no line-up positions"),
            Column("price", "money", "price in this session"),
            _maybe("units_offered", "units", "cap of what can be sold", without="demand above caps stays unseen"),
            _MINUTES,
        ),
    ),
    TableContract(
        name="orders",
        sentence="What was sold in which session.",
        key=("order_id",),
        required=True,
        day_of="ts",
        references=(_TO_SESSION, _TO_PRODUCT),
        own_columns=(
            Column("order_id", "id", "the order", 1, 200),
            _SESSION,
            _PRODUCT,
            _VIEWER,
            _TS,
            Column("units", "units", "units sold", 1),
            Column("unit_price", "money", "price paid for one unit"),
        ),
    ),
    TableContract(
        name="returns",
        sentence="What came back.",
        key=("return_id",),
        without="return behaviour: the configured default return rate is used, and no return features exist",
        references=(_TO_ORDER,),
        own_columns=(
            Column("return_id", "id", "the return", 1, 200),
            Column("order_id", "id", "the order it belongs to", 1, 200),
            _TS,
            Column("units", "units", "units that came back", 1),
            _maybe("reason", "text", "why", 1, 2_000, without="no reasons of returns"),
        ),
    ),
    TableContract(
        name="events",
        sentence="Raw actions of viewers, and sell-outs.",
        key=("event_id",),
        without="raw actions: no distinct viewers, and no engagement or sell-outs unless event_counts has them",
        day_of="ts",
        references=(_TO_SESSION, _TO_PRODUCT),
        own_columns=(
            Column("event_id", "id", "the event", 1, 200),
            _SESSION,
            optional(_PRODUCT),
            _VIEWER,
            _KIND,
            _TS,
            _maybe("text", "text", "what was written", 1, 20_000, private=True, without="no comments"),
        ),
    ),
    TableContract(
        name="event_counts",
        sentence="The same actions, already counted per minute.",
        key=("session_id", "product_id", "minute", "kind"),
        without="counted actions: engagement comes from events alone",
        day_of="minute",
        references=(_TO_SESSION, _TO_PRODUCT),
        own_columns=(
            _SESSION,
            optional(_PRODUCT),
            Column("minute", "minute", "start of the minute"),
            _KIND,
            Column("count", "units", "how often", 0, 1e12),
            _maybe("viewers", "units", "by how many different viewers", 0, 1e10),
        ),
    ),
    TableContract(
        name="stock",
        sentence="What lies in the warehouse and what is on its way.",
        key=("product_id", "as_of"),
        without="stock on hand and inbound: every listing is planned as if nothing were there",
        references=(_TO_PRODUCT,),
        own_columns=(
            _PRODUCT,
            Column("as_of", "instant", "when it was counted"),
            Column("on_hand_units", "units", "units on hand"),
            Column("inbound_units", "units", "units ordered and not yet in"),
        ),
    ),
)

TABLES: Mapping[str, TableContract] = MappingProxyType({contract.name: contract for contract in _DECLARED})
"""The nine landing tables; a table stands after those it refers to."""


def empty_tables() -> dict[str, pl.DataFrame]:
    """All landing tables without rows."""
    return {name: contract.empty() for name, contract in TABLES.items()}
