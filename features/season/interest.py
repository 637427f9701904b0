"""How much people want each product on each day: slow drift, novelty that wears off, and rare viral episodes."""

import numpy as np

from features.season.settings import SeasonSettings
from features.season.world import Floats, World

LEAD_DAYS = 3
"""Viewers click and ask this many days before they buy: what makes engagement worth sensing."""

DRIFT_MEMORY = 0.93
NOVELTY_DAYS = 14.0
VIRAL_DAYS = 6.0
RISE_DAYS = 2.0
BEFORE_DAYS = 60
MOST_VIRAL = 3.2


def interest(settings: SeasonSettings, world: World) -> Floats:
    """Log interest, product x day; it reaches `LEAD_DAYS` beyond the last day played."""
    days = settings.all_days + LEAD_DAYS + 1
    return drift(settings, days) + viral(settings, days) + novelty(world, days)


def drift(settings: SeasonSettings, days: int) -> Floats:
    """Taste that wanders and comes back: a first-order autoregression, written as one product with its kernel."""
    shocks = settings.chance("drift").normal(0.0, 0.16, (settings.products, days + BEFORE_DAYS))
    age = np.arange(days + BEFORE_DAYS)[None, :] - np.arange(days + BEFORE_DAYS)[:, None]
    kernel = np.where(age >= 0, DRIFT_MEMORY ** np.maximum(age, 0), 0.0)
    taste: Floats = np.einsum("pd,de->pe", shocks, kernel)[:, BEFORE_DAYS:]
    return taste


def viral(settings: SeasonSettings, days: int) -> Floats:
    """Few products on few days take off: a fast rise, a slow fall, strength heavy-tailed."""
    dice = settings.chance("viral")
    shape = (settings.products, days)
    strength = np.where(dice.random(shape) < settings.viral_days_share, 0.8 + dice.exponential(0.7, shape), 0.0)
    age = np.arange(days)[None, :] - np.arange(days)[:, None]
    episode = np.where(age >= 0, np.exp(-np.maximum(age, 0) / VIRAL_DAYS) * np.clip((age + 1) / RISE_DAYS, 0, 1), 0.0)
    wave: Floats = np.minimum(np.einsum("pd,de->pe", strength, episode), MOST_VIRAL)
    return wave


def novelty(world: World, days: int) -> Floats:
    """A launch draws people for some weeks."""
    age = np.arange(days)[None, :] - world.products["launch_day"].to_numpy()[:, None]
    fresh = np.where(age >= 0, np.exp(-np.maximum(age, 0) / NOVELTY_DAYS), 0.0)
    draw: Floats = world.products["novelty"].to_numpy()[:, None] * fresh
    return draw
