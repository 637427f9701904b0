"""What may be changed about watching a predictor in service, and about acting on what is seen."""

from pydantic import Field

from features.settings import Frozen


class Monitoring(Frozen):
    """How closely is watched, and what is done about it."""

    false_alarm_share: float = Field(
        gt=0,
        lt=1,
        description="of the champions of an unchanging world, how many get any alarm in all their time, at most",
    )
    reference_days: int = Field(
        ge=14, le=730, description="days before a champion's cutoff that later ones are held against"
    )
    least_days: int = Field(ge=7, description="with fewer days to compare with, a stream is not watched")
    window_days: int = Field(ge=1, le=90, description="latest days whose features are compared by PSI")
    bins: int = Field(ge=2, le=100, description="of a feature, with as many reference rows in each")
    psi_moved: float = Field(gt=0, description="stability index from which on a feature counts as moved")
    jump_share: float = Field(gt=0, lt=1, description="chance of a change on any day, by which evidence is weighed")
    feed_factor: float = Field(
        gt=1, description="a table's rows and numbers within such a factor of the usual are no drift"
    )
    roll_back: bool = Field(description="a champion that forecasts worse than the one before it makes way")
    worse_share: float = Field(
        gt=0, lt=1, description="of champions that are no worse, how many are rolled back, at most"
    )
    baseline_instead: bool = Field(description="the list comes from a baseline that keeps winning")
    baseline_wins: int = Field(ge=2, le=20, description="trainings in a row, a horizon apart, that it must win")
