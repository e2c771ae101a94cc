"""One strip per claim: what every training seed gives, beside what is expected and allowed."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.style import COLOURS, WIDTH, ink
from incontext.records.types import Result

ROW = 0.36  # inches per claim
REACH = 0.75  # how far beyond its bounds a value is drawn; what lies further is an arrow there


def strips(result: Result) -> Figure:
    """Every seed's value between the bounds of its claim; one row per claim.

    The band is what the ledger allows, the line in it what is expected, every dot one network.
    A bound that is open stands as far from the expected value as the other one.

    result: its table "seeds" is that of `records.spread.seed_values`, of one experiment.
    """
    claims = [one for _, one in result.tables["seeds"].groupby("id", sort=False)]
    figure, axes = plt.subplots(figsize=(WIDTH, 0.8 + ROW * max(len(claims), 1)))
    for row, one in enumerate(claims):
        _strip(axes, row, one)
    axes.set_yticks(range(len(claims)), [_label(one) for one in claims], fontsize="x-small")
    axes.set(xlim=(-REACH - 0.05, 1 + REACH + 0.05), ylim=(len(claims) - 0.5, -0.5))
    axes.set_xticks([0, 1], ["lower bound", "upper bound"])
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def places(values: np.ndarray, expected: float, lower: float, upper: float) -> np.ndarray:
    """Where values lie between their bounds: 0 at the lower, 1 at the upper.

    An open bound is taken as far from the expected value as the other one, or one unit away if
    that one is the expected value itself.
    """
    if math.isinf(lower):
        lower = expected - ((upper - expected) or 1.0)
    if math.isinf(upper):
        upper = expected + ((expected - lower) or 1.0)
    return (np.asarray(values, float) - lower) / (upper - lower)


def _strip(axes: Axes, row: int, one: pd.DataFrame) -> None:
    expected, lower, upper = (float(one[name].iloc[0]) for name in ("expected", "lower", "upper"))
    left = -REACH if math.isinf(lower) else 0.0
    right = 1 + REACH if math.isinf(upper) else 1.0
    axes.barh(row, right - left, left=left, height=0.62, color=COLOURS["closed form"], alpha=0.22)
    at = float(places(np.array([expected]), expected, lower, upper)[0])
    axes.plot([at, at], [row - 0.31, row + 0.31], color=ink(), lw=1.4)
    found = places(one["value"].to_numpy(), expected, lower, upper)
    beyond = (found < -REACH) | (found > 1 + REACH)
    heights = row + _spread_out(len(found))
    dots = {"ls": "none", "color": COLOURS["trained"], "alpha": 0.7}
    axes.plot(found[~beyond], heights[~beyond], marker="o", ms=4, mew=0, **dots)
    for marker, edge, out in (("<", -REACH, found < -REACH), (">", 1 + REACH, found > 1 + REACH)):
        axes.plot(np.full(out.sum(), edge), heights[out], marker=marker, ms=5, **dots)


def _spread_out(count: int) -> np.ndarray:
    """Heights within a row at which equal values do not hide each other."""
    return np.linspace(-0.18, 0.18, count) if count > 1 else np.zeros(1)


def _label(one: pd.DataFrame) -> str:
    experiment, name = one["experiment"].iloc[0], one["id"].iloc[0]
    return f"{name.removeprefix(f'{experiment}-')} ({one['figure'].iloc[0]})"
