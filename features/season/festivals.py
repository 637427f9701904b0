"""Shopping festivals of the simulated market: the days on which more is bought, for less."""

from datetime import date, timedelta

import numpy as np

from features.season.settings import SeasonSettings
from features.season.world import Floats

# month, day, log lift of demand on the day itself
FESTIVALS = ((3, 8, 0.35), (5, 20, 0.3), (6, 18, 0.7), (9, 9, 0.25), (11, 11, 0.9), (12, 12, 0.4))
RUN_UP_DAYS = 3
WEEKDAY_LIFT = (0.0, -0.05, 0.0, 0.02, 0.18, 0.32, 0.28)


def festive(settings: SeasonSettings) -> Floats:
    """Log lift of each day played: full on a festival, half in its run-up, and a hangover on the day after."""
    return np.array([_lift(settings, day) for day in range(settings.all_days)])


def weekday(settings: SeasonSettings) -> Floats:
    """Log lift of each day played by its weekday."""
    return np.array([WEEKDAY_LIFT[_date(settings, day).weekday()] for day in range(settings.all_days)])


def _date(settings: SeasonSettings, day: int) -> date:
    # Noon of the local day has the local date in UTC too, for all zones within twelve hours of it.
    return (settings.start + timedelta(days=day, hours=12)).date()


def _lift(settings: SeasonSettings, day: int) -> float:
    ahead = {
        (_date(settings, day + gap).month, _date(settings, day + gap).day): gap for gap in range(-1, RUN_UP_DAYS + 1)
    }
    near = [_share(ahead[month, at]) * lift for month, at, lift in FESTIVALS if (month, at) in ahead]
    return max(near, key=abs, default=0.0)


def _share(gap: int) -> float:
    """Which part of a festival's lift is felt `gap` days before it."""
    if gap == 0:
        return 1.0
    return 0.5 if gap > 0 else -0.25
