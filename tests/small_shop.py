"""A shop of two products that opens at noon of each day: P sells 20 units a session and Q two."""

from datetime import timedelta

from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables

HOUR = timedelta(hours=1)
AHEAD = 4


def tables(days):
    """All landing tables of so many days, with the sessions of four more announced."""
    shown = [(n, name) for n in range(days + AHEAD) for name in ("P", "Q")]
    early, not_yet = {"announced_at": day(days - 4)}, {"started_at": None, "ended_at": None}
    rows = {
        "sessions": [session(f"S{n}", n, **(early | not_yet if n >= days else {})) for n in range(days + AHEAD)],
        "lineups": [listing(f"S{n}", name, n, **(early if n >= days else {})) for n, name in shown],
        "products": [product("P", unit_cost=4.0), product("Q", merchant_id="N", unit_cost=4.0)],
        "orders": [
            order(f"S{n}", name, day(n) + HOUR, 20 if name == "P" else 2, order_id=f"O{n}{name}", viewer_id="anna")
            for n, name in shown if n < days
        ],
        "events": [
            {"event_id": f"E{n}{k}", "session_id": f"S{n}", "product_id": "P", "viewer_id": "ben",
             "kind": "product_click", "ts": day(n) + HOUR}
            for n in range(days) for k in range(3)
        ],
    }  # fmt: skip
    return empty_tables() | {name: filled(name, some) for name, some in rows.items()}
