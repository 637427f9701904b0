"""Landing tables full of all that the contract allows: several of each thing, and news that comes late or early."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st
from small_world import day, filled

from features.contracts import Tables, empty_tables

ROOMS, ANCHORS, SUPPLIERS = ("R1", "R1", "R2"), ("A1", "A1", "A2", None), ("X", "Y", None)
CATEGORIES = ("food/tea", "food/rice", "wear/shoes")
PRODUCTS = ("P0", "P1", "P2", "P3")
VIEWERS = (*(f"V{n}" for n in range(6)), None)
ROOM_KINDS = ("enter", "enter", "leave", "like", "follow", "share", "gift", "comment")
LISTING_KINDS = (
    *("product_click", "product_click", "product_click", "add_to_cart", "add_to_cart", "comment", "comment"),
    *("view", "like", "share", "sold_out", "restock"),
)
COUNTED_KINDS = ("view", "like", "share", "follow", "enter", "product_click", "add_to_cart", "sold_out", "restock")
TEXTS = (
    *(
        "这个多少钱",
        "how much?",
        "穿什么码",
        "size?",
        "还有吗",
        "is it in stock?",
        "几天到",
        "发货",
        "掉色",
        "it is broken",
    ),
    *("真好看", "love it", "hello", None),
)
SESSION_GAP, SESSION_MINUTES = 2.6, 120  # days, minutes


@dataclass(frozen=True)
class Size:
    """How many rows of each kind; a smaller world is the beginning of a larger one."""

    sessions: int = 14
    orders: int = 80
    events: int = 200
    counts: int = 30
    returns: int = 25


@st.composite
def worlds(draw):
    """Worlds of any size up to the usual one."""
    full = Size()
    fewest = {"sessions": 2, "orders": 0, "events": 0, "counts": 0, "returns": 0}
    size = Size(**{name: draw(st.integers(low, getattr(full, name))) for name, low in fewest.items()})
    return random_world(draw(st.integers(0, 100_000)), size)


def random_world(seed: int, size: Size = Size()) -> Tables:
    """Five weeks of sessions in two rooms, with the same viewers coming back."""
    chance = {name: Chance(f"{name} {seed}") for name in empty_tables()}
    begins = [_begin(chance["stock"], n) for n in range(size.sessions)]
    sessions = [row for n, begin in enumerate(begins) for row in _session(chance["sessions"], f"S{n}", begin)]
    lineups = [row for n, begin in enumerate(begins) for row in _lineup(chance["lineups"], f"S{n}", begin)]
    shows = [(row["session_id"], row["product_id"], begins[int(row["session_id"][1:])]) for row in lineups]
    counted = {
        (f"S{n}", kind) for n in range(size.sessions) for kind in chance["event_counts"].sample(COUNTED_KINDS, 2)
    }
    orders = [row for n in range(size.orders) for row in _order(chance["orders"], n, shows)]
    events = [row for n in range(size.events) for row in _event(chance["events"], n, shows)]
    rows = {
        "sessions": sessions,
        "lineups": lineups,
        "products": [row for one in PRODUCTS for row in _product(chance["products"], one)],
        "suppliers": [row for one in "XY" for row in _supplier(chance["suppliers"], one)],
        "orders": orders,
        "events": [row for row in events if (row["session_id"], row["kind"]) not in counted],
        "event_counts": [_count(chance["event_counts"], sorted(counted), shows) for _ in range(size.counts)],
        "returns": [row for n in range(size.returns if orders else 0) for row in _return(chance["returns"], n, orders)],
        "stock": [_stock(chance["stock"]) for _ in range(6)],
    }
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


class Chance(Random):
    """Chances as landing zones take them."""

    def likely(self, share: float) -> bool:
        return self.random() < share

    def minutes(self, low: int, high: int) -> timedelta:
        """Often whole minutes, else to the second or the microsecond."""
        fine = self.choice((timedelta(), timedelta(seconds=self.randrange(60)), timedelta(microseconds=59_999_999)))
        return timedelta(minutes=self.randint(low, high)) + fine

    def news(self, own: datetime) -> datetime | None:
        """When it was received: mostly not said or soon, else at night, hours or days late, or before it happened."""
        return self.choice((
            *(None,) * 8, *(own + timedelta(seconds=self.randrange(90)),) * 4, night(own), own + self.minutes(1, 300),
            own + self.minutes(1440, 14_400), own - self.minutes(1, 600), own - self.minutes(1440, 7200),
        ))  # fmt: skip

    def versions(
        self, row: dict[str, object], share: float, later: datetime, **other: object
    ) -> list[dict[str, object]]:
        """The row, and sometimes another version of it, received some time around an instant."""
        return [row, row | other | {"received_at": self.news(later)}] if self.likely(share) else [row]


def night(own: datetime) -> datetime:
    """When the day's delivery comes, for all of it."""
    return (own + timedelta(hours=6)).replace(hour=18, minute=0, second=0, microsecond=0)


def _begin(chance: Chance, number: int) -> datetime:
    """Every few days, and once in six together with the next."""
    return day(SESSION_GAP * (number + (number % 6 == 3))) + chance.minutes(0, 300)


def _by_day(number: int) -> bool:
    """Whether a session's actions are delivered by the day: of those that run together, all at the same instant."""
    return number % 6 in (3, 4)


def _session(chance: Chance, name: str, begin: datetime) -> list[dict[str, object]]:
    announced = begin - chance.minutes(600, 6000)
    plan = {
        "session_id": name, "room_id": chance.choice(ROOMS), "anchor_id": chance.choice(ANCHORS),
        "platform": chance.choice(("a", "b", None)), "announced_at": announced, "scheduled_at": begin,
        "planned_minutes": chance.choice((60, SESSION_MINUTES, None)), "followers": chance.choice((None, 100, 5000)),
        "received_at": chance.news(announced),
    }  # fmt: skip
    moved = {"scheduled_at": begin + chance.minutes(-120, 300), "followers": 7000, "room_id": chance.choice(ROOMS)}
    rows = chance.versions(plan, 0.3, begin - chance.minutes(0, 1000), **moved)
    start = begin + chance.minutes(-30, 30)
    facts = {"started_at": start, "ended_at": start + chance.minutes(30, 200) if chance.likely(0.6) else None}
    return [*rows, rows[-1] | facts | {"received_at": chance.news(start)}] if chance.likely(0.8) else rows


def _lineup(chance: Chance, name: str, begin: datetime) -> list[dict[str, object]]:
    shown = ["P0", *chance.sample(PRODUCTS[1:], chance.randint(1, 2))][chance.likely(0.1) :]
    return [row for place, product in enumerate(shown) for row in _listing(chance, (name, product, place), begin)]


def _listing(chance: Chance, of: tuple[str, str, int], begin: datetime) -> list[dict[str, object]]:
    announced = begin - chance.minutes(-20, 6000)
    row = {
        "session_id": of[0], "product_id": of[1], "announced_at": announced, "received_at": chance.news(announced),
        "position": chance.choice((of[2] + 1, None)), "price": chance.choice((8.0, 10.0, 12.5, 39.99)),
        "units_offered": chance.choice((None, None, 3, 8)), "planned_minutes": chance.choice((5, 20, None)),
    }  # fmt: skip
    other = {"price": 9.0, "units_offered": chance.choice((None, 2, 5)), "position": 2}
    return chance.versions(row, 0.35, begin + chance.minutes(-60, 60), **other)


def _product(chance: Chance, name: str) -> list[dict[str, object]]:
    row = {
        "product_id": name, "merchant_id": chance.choice("MN"), "supplier_id": chance.choice(SUPPLIERS),
        "category": chance.choice(CATEGORIES), "title": name, "unit_cost": chance.choice((None, 4.0)),
        "list_price": chance.choice((0.0, 12.0, 20.0, 45.0)), "launched_at": chance.choice((None, day(-9), day(9))),
        "received_at": chance.choice((None, day(-5), day(chance.randint(1, 12)))),
    }  # fmt: skip
    other = {"category": chance.choice(CATEGORIES), "supplier_id": chance.choice("XY"), "list_price": 30.0}
    return chance.versions(row, 0.7, day(chance.randint(2, 30)), **other)


def _supplier(chance: Chance, name: str) -> list[dict[str, object]]:
    row = {"supplier_id": name, "lead_time_days": 3.5, "min_order_units": chance.randint(1, 50),
           "pack_units": 5, "daily_capacity_units": chance.choice((None, 10)),
           "reserve_fee_rate": chance.choice((None, 0.05))}  # fmt: skip
    other = {"lead_time_days": 9.0, "daily_capacity_units": 40, "reserve_fee_rate": 0.2}
    return chance.versions(row, 0.9, day(chance.randint(2, 30)), **other)


def _place(chance: Chance, shows: list[tuple[str, str, datetime]]) -> dict[str, object]:
    """A listing and an instant in its session, rarely elsewhere; goods also sell without being on a line-up."""
    session, product, begin = chance.choice(shows)
    product = chance.choice(PRODUCTS) if chance.likely(0.1) else "ghost" if chance.likely(0.02) else product
    away = chance.minutes(-4000, 20_000) if chance.likely(0.05) else chance.minutes(-40, SESSION_MINUTES)
    ts = begin + away
    received = night(ts) if _by_day(int(session[1:])) else chance.news(ts)
    return {
        "session_id": "ghost" if chance.likely(0.02) else session,
        "product_id": product,
        "ts": ts,
        "received_at": received,
    }


def _order(chance: Chance, number: int, shows: list[tuple[str, str, datetime]]) -> list[dict[str, object]]:
    row = _place(chance, shows) | {
        "order_id": f"O{number}", "viewer_id": chance.choice(VIEWERS), "units": chance.choice((1, 1, 2, 3, 70)),
        "unit_price": chance.choice((0.0, 7.5, 9.99, 12.0)),
    }  # fmt: skip
    return chance.versions(row, 0.05, row["ts"], units=9, viewer_id=chance.choice(VIEWERS))


def _event(chance: Chance, number: int, shows: list[tuple[str, str, datetime]]) -> list[dict[str, object]]:
    of_room = chance.likely(0.35)
    kind = chance.choice(ROOM_KINDS if of_room else LISTING_KINDS)
    row = _place(chance, shows) | ({"product_id": None} if of_room else {}) | {
        "event_id": f"E{number}", "kind": kind, "text": chance.choice(TEXTS) if kind == "comment" else None,
        "viewer_id": None if kind in ("sold_out", "restock") else chance.choice(VIEWERS),
    }  # fmt: skip
    return chance.versions(row, 0.05, row["ts"], viewer_id=chance.choice(VIEWERS), text=chance.choice(TEXTS))


def _count(chance: Chance, counted: list[tuple[str, str]], shows: list[tuple[str, str, datetime]]) -> dict[str, object]:
    session, kind = chance.choice(counted)
    own = [(product, begin) for name, product, begin in shows if name == session] or [(None, day(0))]
    product, begin = chance.choice(own)
    minute = (begin + chance.minutes(-30, SESSION_MINUTES)).replace(second=0, microsecond=0)
    return {"session_id": session, "product_id": chance.choice((product, product, None)), "minute": minute,
            "kind": kind, "count": chance.choice((0, 1, 2, 30)), "viewers": 1,
            "received_at": chance.news(minute)}  # fmt: skip


def _return(chance: Chance, number: int, orders: list[dict[str, object]]) -> list[dict[str, object]]:
    order = chance.choice(orders)
    ts = order["ts"] + chance.minutes(-60, 30_000)
    row = {"return_id": f"B{number}", "order_id": order["order_id"], "ts": ts, "units": chance.choice((1, 1, 2)),
           "reason": "too small", "received_at": chance.news(ts)}  # fmt: skip
    return chance.versions(row, 0.05, ts, units=4)


def _stock(chance: Chance) -> dict[str, object]:
    as_of = day(chance.randint(0, 35))
    return {"product_id": chance.choice(PRODUCTS), "as_of": as_of, "on_hand_units": chance.randint(0, 50),
            "inbound_units": 5, "received_at": chance.news(as_of)}  # fmt: skip
