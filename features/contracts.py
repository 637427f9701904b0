"""The landing tables: what somebody's export must look like before anything is computed from it."""

from collections.abc import Mapping
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

_SESSION = Column("session_id", "id", "the broadcast", 1, 200)
_PRODUCT = Column("product_id", "id", "the product", 1, 200)
_SUPPLIER = Column("supplier_id", "id", "who makes the product", 1, 200)
_VIEWER = Column("viewer_id", "id", "a pseudonym of who acted", 1, 200, optional=True, private=True)
_KIND = Column("kind", "word", "what the viewer did, or what happened to the stock", words=KINDS)
_ANNOUNCED = Column("announced_at", "instant", "when the plan became known")
_MINUTES = Column("planned_minutes", "units", "how long it is planned to last", 0, 100_000, optional=True)
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
            Column("daily_capacity_units", "units", "units made in a day", optional=True),
            Column("reserve_fee_rate", "number", "share of unit cost to reserve raw material", 0, 1, optional=True),
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
            Column("unit_cost", "money", "cost of one unit", optional=True),
            Column("list_price", "money", "price without discount"),
            Column("salvage_value", "money", "what a left-over unit still brings", optional=True),
            Column("unit_volume_l", "number", "storage volume of one unit in litres", optional=True),
            Column("launched_at", "instant", "when it was first on sale", optional=True),
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
            Column("anchor_id", "id", "its host", 1, 200, optional=True),
            Column("platform", "text", "where it is broadcast", 1, 200, optional=True),
            _ANNOUNCED,
            Column("scheduled_at", "instant", "planned start"),
            _MINUTES,
            Column("started_at", "instant", "actual start, null until it happens", optional=True),
            Column("ended_at", "instant", "actual end, null until it happens", optional=True),
            Column("followers", "units", "followers of the room", 0, 1e10, optional=True),
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
            Column("position", "units", "place in the line-up", 0, 1_000_000, optional=True),
            Column("price", "money", "price in this session"),
            Column("units_offered", "units", "cap of what can be sold", optional=True),
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
            Column("reason", "text", "why", 1, 2_000, optional=True),
        ),
    ),
    TableContract(
        name="events",
        sentence="Raw actions of viewers, and sell-outs.",
        key=("event_id",),
        without="raw actions: no distinct viewers, and no engagement or sell-out signals unless event_counts has them",
        day_of="ts",
        references=(_TO_SESSION, _TO_PRODUCT),
        own_columns=(
            Column("event_id", "id", "the event", 1, 200),
            _SESSION,
            optional(_PRODUCT),
            _VIEWER,
            _KIND,
            _TS,
            Column("text", "text", "what was written", 1, 20_000, optional=True, private=True),
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
            Column("viewers", "units", "by how many different viewers", 0, 1e10, optional=True),
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
