"""Exponents of costs that grow as a power, with their uncertainty."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats


class Exponent(NamedTuple):
    """cost ~ size^exponent; low and high bound it with 95 % confidence."""

    exponent: float
    low: float
    high: float
    points: int


def fit_exponent(sizes: Sequence[float], costs: Sequence[float]) -> Exponent:
    """Slope of log cost over log size by least squares, with Student's interval.

    slope +- t_{n-2} sqrt(sum r^2 / (n - 2) / sum (x - mean x)^2), x = log size.

    Raises:
        ValueError: if there are fewer than three sizes, they are all one, or a number is not
            positive.
    """
    if len(sizes) != len(costs) or len(sizes) < 3:
        raise ValueError(
            f"{len(sizes)} sizes and {len(costs)} costs; an exponent with an interval needs at "
            "least three of each."
        )
    if min(*sizes, *costs) <= 0 or len(set(sizes)) < 3:
        raise ValueError(f"sizes are {list(sizes)} and costs {list(costs)}; give three that grow.")
    fitted = stats.linregress(np.log(sizes), np.log(costs))
    reach = float(stats.t.ppf(0.975, len(sizes) - 2)) * fitted.stderr
    slope = float(fitted.slope)
    return Exponent(slope, slope - reach, slope + reach, len(sizes))


def fit_upper(sizes: Sequence[float], costs: Sequence[float], points: int = 4) -> Exponent:
    """The exponent of the largest sizes alone, where fixed costs matter least."""
    order = np.argsort(sizes)[-points:]
    return fit_exponent([sizes[i] for i in order], [costs[i] for i in order])
