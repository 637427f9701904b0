"""How far a nowcast is trusted beside the plan, as later sessions showed."""

import numpy as np
import pytest

from models.grid import LEVELS
from models.nowcast.trust import SHARES, Trust, losses, mixed

FLAT = np.ones((2, len(LEVELS)))


def test_the_share_that_lost_least_is_taken_by_minute_and_drawn_to_that_of_all():
    """At minute 1 the plan is right, at minute 5 the nowcast; of all rows most are of minute 5."""
    opened = np.array([1.0] * 10 + [5.0] * 30)
    lost = {share: np.where(opened == 1.0, share, 1.0 - share) for share in SHARES}
    found = Trust.of(lost, opened, np.ones(40), group_rows=10)
    assert found.minutes == (1.0, 5.0)
    assert found.shares == pytest.approx((0.5, 1.0))
    assert found.at(np.array([1.0, 5.0, 90.0])) == pytest.approx([0.5, 1.0, 1.0])


def test_of_equals_the_nowcast_is_trusted():
    assert Trust.of({share: np.ones(4) for share in SHARES}, np.zeros(4), np.ones(4), 1).shares == (1.0,)


def test_both_are_mixed_level_by_level_and_never_cross():
    told = mixed(4 * FLAT, 2 * FLAT, np.array([1.0, 0.25]))
    assert told[:, 0].tolist() == [4.0, 2.5]
    assert (np.diff(told, axis=1) >= 0).all()


def test_a_loss_is_the_mean_pinball_over_the_levels():
    assert losses(np.array([3.0]), np.ones((1, len(LEVELS)))) == pytest.approx(2 * np.mean(LEVELS))


def test_it_is_the_same_out_of_json():
    kept = Trust((-1.0, 5.0), (0.25, 1.0))
    assert Trust.read(kept.document()) == kept
