from pydantic import Field

from features.settings import Frozen
from models.nowcast.settings import Nowcasting


class ModelSettings(Frozen):
    """What may be changed about learning, forecasting and judging."""

    horizon_days: float = Field(gt=0, le=90, description="how far ahead of a cutoff the listings lie that are learnt")
    dense_rows: int = Field(gt=0, description="below so many rows a listing is learnt at several lead times")
    max_rows: int = Field(gt=0, description="rows to learn from; the latest origins are kept")
    min_rows: int = Field(gt=0, description="with fewer finished listings only a simple forecast is made")
    prior_units: float = Field(gt=0, description="typical demand assumed where nothing was ever sold")
    prior_rows: float = Field(gt=0, description="listings' worth of trust in a wider group's demand than the own")

    folds: int = Field(ge=1, le=12, description="stretches of time on which training is judged")
    later_share: float = Field(gt=0, lt=1, description="latest share of the time that tunes, calibrates and judges")

    rounds: int = Field(gt=0, description="most trees of one booster")
    patience: int = Field(gt=0, description="trees without improvement after which learning stops")
    learning_rate: float = Field(gt=0, le=1)
    leaves: int = Field(ge=4, le=1024, description="most leaves of a tree")
    listings_per_leaf: int = Field(gt=0, description="with fewer listings than this a leaf, trees are smaller")
    min_data: int = Field(ge=1, description="fewest rows in a leaf")
    feature_share: float = Field(gt=0, le=1, description="share of the features that a tree may look at")
    row_share: float = Field(gt=0, le=1, description="share of the rows that a tree may look at")
    bins: int = Field(ge=16, le=255, description="steps into which a number is cut")
    threads: int = Field(ge=1, description="fixed, so that a machine's size changes nothing")
    seed: int = Field(ge=0)

    rebuilt_trust: float = Field(gt=0, le=1, description="weight of a rebuilt demand beside a seen one")
    least_weight: float = Field(gt=0, le=1, description="weight of a listing that was sold out almost at once")
    group_rows: int = Field(gt=0, description="rows that a group needs for half of its own calibration")
    return_prior_units: float = Field(gt=0, description="units sold that a product's own return rate must outweigh")
    plain_rounds: int = Field(gt=0, description="trees of the plain LightGBM that we are compared with")
    top: int = Field(gt=0, description="k of precision at k")
    nowcast: Nowcasting


class Promotion(Frozen):
    """What a challenger must fulfil to take over from a champion."""

    tie: float = Field(ge=0, lt=1, description="relative difference of a metric that counts as equal")
    beat_champion: bool = Field(description="it must be better than the champion")
    beat_baselines: bool = Field(description="it must be better than every baseline")
    max_slope_worsening: float = Field(ge=0, description="how much farther from 1 its reliability slope may lie")
    max_coverage_worsening: float = Field(ge=0, le=1, description="how much farther from 0.8 its coverage80 may lie")
