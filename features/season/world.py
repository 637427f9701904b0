"""Who and what there is in the simulated season: rooms, anchors, suppliers and products, with their hidden sides."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.season.settings import SeasonSettings
from features.season.words import CATEGORIES, PLATFORMS, STYLES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class World:
    """The cast of a season; row numbers of the frames are the codes used while simulating.

    rooms: room_id, platform, audience (log), hour, followers, only_counts; anchors: anchor_id, pull (log).
    `affinity` is room x category, log. Hidden columns of products: see `products`.
    """

    rooms: pl.DataFrame
    anchors: pl.DataFrame
    affinity: Floats
    suppliers: pl.DataFrame
    products: pl.DataFrame


def build(settings: SeasonSettings) -> World:
    """The cast, drawn from the seed."""
    dice = settings.chance("affinity")
    return World(
        rooms=rooms(settings),
        anchors=anchors(settings),
        affinity=dice.normal(0.0, 0.5, (settings.rooms, len(CATEGORIES))),
        suppliers=suppliers(settings),
        products=products(settings),
    )


def rooms(settings: SeasonSettings) -> pl.DataFrame:
    """The channels: the first broadcasts late at night, the second early in the morning, the last exports only counts.

    So that sessions cross the local midnight and the UTC one, and both kinds of engagement tables are met.
    """
    dice = settings.chance("rooms")
    code = np.arange(settings.rooms)
    hour = dice.choice([11.0, 14.0, 19.0, 20.0, 20.5], settings.rooms)
    hour[:2] = [23.5, 7.0][: settings.rooms]
    return pl.DataFrame(
        {
            "room_id": [f"R{k:02d}" for k in code],
            "platform": [PLATFORMS[k % len(PLATFORMS)] for k in code],
            "audience": dice.normal(0.0, 0.35, settings.rooms),
            "hour": hour,
            "followers": np.rint(np.exp(dice.normal(11.0, 0.7, settings.rooms))).astype(np.int64),
            "only_counts": (code == settings.rooms - 1) & (settings.rooms > 1),
        },
    )


def anchors(settings: SeasonSettings) -> pl.DataFrame:
    """The hosts, two to a room; hosts `2r` and `2r + 1` share room `r`, and differ in pull."""
    pull = settings.chance("anchors").normal(0.0, 0.4, 2 * settings.rooms)
    return pl.DataFrame({"anchor_id": [f"A{k:02d}" for k in range(2 * settings.rooms)], "pull": pull})


def suppliers(settings: SeasonSettings) -> pl.DataFrame:
    """Who makes the products; some state neither capacity nor fee."""
    dice, size = settings.chance("suppliers"), settings.suppliers
    pack = dice.choice([1, 5, 10, 20], size, p=[0.3, 0.3, 0.3, 0.1])
    stated = dice.binomial(1, 0.87, (2, size)) == 1
    return pl.DataFrame(
        {
            "supplier_id": [f"U{k:02d}" for k in range(size)],
            "lead_time_days": dice.choice([0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0], size),
            "min_order_units": pack * dice.choice([1, 1, 2, 4], size),
            "pack_units": pack,
            "daily_capacity_units": dice.integers(100, 1500, size),
            "reserve_fee_rate": dice.uniform(0.02, 0.09, size).round(3),
        },
    ).with_columns(
        daily_capacity_units=pl.when(pl.Series(stated[0])).then("daily_capacity_units"),
        reserve_fee_rate=pl.when(pl.Series(stated[1])).then("reserve_fee_rate"),
    )


def products(settings: SeasonSettings) -> pl.DataFrame:
    """What can be sold, and what no exporter knows: appeal, quality, elasticity, novelty, launch day, weight.

    A third is launched during the season. Appeal is heavy-tailed. The last hundredth, at least one, is never shown.
    """
    dice, size = settings.chance("products"), settings.products
    kind = dice.integers(0, len(CATEGORIES), size)
    shown = np.arange(size) < size - max(1, size // 100)
    new = shown & (dice.random(size) < 1 / 3)
    launch = np.where(new, dice.uniform(2, settings.all_days - 2, size), -dice.uniform(5, 300, size))
    appeal = 0.55 * dice.standard_t(5, size)
    list_price = _of_category("price", kind) * np.exp(dice.normal(0.0, 0.4, size))
    return pl.DataFrame(
        {
            "product_id": [f"P{k:04d}" for k in range(size)],
            "merchant": dice.integers(0, settings.merchants, size),
            "supplier": dice.integers(0, settings.suppliers, size),
            "kind": kind,
            "style": dice.integers(0, len(STYLES), size),
            "cost_share": dice.uniform(0.22, 0.5, size),
            "salvage_share": dice.uniform(0.1, 0.7, size),
            "unit_volume_l": np.exp(dice.normal(0.8, 0.7, size)).round(2),
            "list_price": np.ceil(list_price) - 0.1,
            "launch_day": launch,
            "appeal": appeal,
            "quality": dice.beta(5.0, 2.0, size),
            "elasticity": _of_category("elasticity", kind) * np.exp(dice.normal(0.0, 0.2, size)),
            "novelty": dice.exponential(0.9, size),
            "shown": shown,
        },
    )


def _of_category(trait: str, kind: Ints) -> Floats:
    return np.array([getattr(category, trait) for category in CATEGORIES], dtype=np.float64)[kind]
