"""Landing tables small enough to check by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl

from features.contracts import empty_tables

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    """Noon of a Monday, and so many days later."""
    return NOON + timedelta(days=number)


def filled(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = empty_tables()[name].schema
    return pl.DataFrame([{c: row.get(c) for c in schema} for row in rows], schema=schema)


def session(name: str, number: float, **more: object) -> dict[str, object]:
    """A session that began on that day, lasted two hours and was announced three days before."""
    return {
        "session_id": name,
        "room_id": "R",
        "anchor_id": "A",
        "announced_at": day(number - 3),
        "scheduled_at": day(number),
        "started_at": day(number),
        "ended_at": day(number) + timedelta(hours=2),
        "planned_minutes": 120,
    } | more


def listing(name: str, product: str, number: float, **more: object) -> dict[str, object]:
    return {"session_id": name, "product_id": product, "announced_at": day(number - 3), "price": 10.0} | more


def order(name: str, product: str, ts: datetime, units: int = 1, **more: object) -> dict[str, object]:
    made = {"session_id": name, "product_id": product, "ts": ts, "units": units, "unit_price": 10.0}
    return {"order_id": f"{name}{product}{ts.timestamp()}{units}"} | made | more


def product(name: str, **more: object) -> dict[str, object]:
    return {"product_id": name, "merchant_id": "M", "category": "food/tea", "title": name, "list_price": 20.0} | more
