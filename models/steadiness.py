"""Telling what holds from week to week from what one week happened to do."""

import numpy as np
import numpy.typing as npt

from models.grid import Floats, Ints

ALONE = 0.5  # trust in a correction seen in a single stretch of time
FEWEST = 30  # rows from which a stretch, or anything else, says something


def parts(stretch: Ints) -> list[npt.NDArray[np.bool_]]:
    """The rows of each stretch that has enough of them to say something."""
    each = [stretch == number for number in np.unique(stretch)]
    return [part for part in each if part.sum() >= FEWEST]


def steady(seen: Floats, start: Floats, stretches: list[Floats]) -> Floats:
    """A correction, kept as far as every stretch of time asks for it.

    Listings of one week share its weather, festivals and traffic, so that thousands of them can be one surprise.
    Each part d of the correction is multiplied with max(0, 1 - s^2 / d^2), s being its standard error over the
    stretches (the positive-part estimator of James and Stein 1961).

    Args:
        seen: what all stretches together ask for.
        start: what is believed without them.
        stretches: what each stretch alone asks for.
    """
    correction = seen - start
    if len(stretches) < 2:  # noqa: PLR2004 - a spread needs two
        return start + ALONE * correction
    error = np.std(np.stack(stretches), axis=0, ddof=1) / np.sqrt(len(stretches))
    square = np.maximum(correction**2, 1e-18)
    return np.asarray(start + correction * np.clip(1 - error**2 / square, 0.0, 1.0), dtype=np.float64)
