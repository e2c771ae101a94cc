"""Memories beside each other, from a memories result, and how a sequence is cut into chunks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from incontext.figures.parts import draw_shared_legend, use_log_axis
from incontext.figures.style import COLOURS, DASHES, MARKERS, WIDTH, ink, letter
from incontext.records.types import Result

LOOKS = {
    "linear attention": "trained",
    "mesa, one step": "closed form",
    "delta rule": "gradient descent",
    "gated delta rule": "interpolated",
    "mesa": "mesa",
    "mesa, forgetting": "GD++",
    "softmax attention": "softmax",
}
SMALLEST = 1e-4  # of the errors drawn: below, an error is solved to the ridge


def recall(result: Result) -> Figure:
    """Share of pairs that are recalled, by their number."""
    table = result.tables["recall"]
    figure, panels = _panels(table)
    for axes, (correlation, part) in zip(panels, table.groupby("correlation"), strict=True):
        _curves(axes, part, "pairs", "recall")
        loads = np.unique(part["pairs"])
        axes.plot(loads, 1 / loads, color=ink(), lw=0.8, ls=":", label="guessing")
        axes.set(xlabel="pairs written", ylim=(0, 1.05))
        letter(axes, _kind(float(str(correlation))))
    panels[0].set_ylabel("share recalled")
    draw_shared_legend(figure, panels)
    return figure


def new_query(result: Result) -> Figure:
    """Error on a query that is none of the keys, if values are a linear map of keys."""
    table = result.tables["new"].assign(error=lambda t: np.maximum(t["error"], SMALLEST))
    figure, panels = _panels(table)
    for axes, (correlation, part) in zip(panels, table.groupby("correlation"), strict=True):
        _curves(axes, part, "pairs", "error")
        use_log_axis(axes)
        axes.set(xlabel="pairs written", ylim=(0.8 * SMALLEST, 1.3))
        letter(axes, _kind(float(str(correlation))))
    panels[0].set_ylabel("error on a new query")
    draw_shared_legend(figure, panels)
    return figure


def rebound(result: Result) -> Figure:
    """Keys bound anew, and recall from noisy queries."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.4))
    table = result.tables["rebound"].set_index("model")
    for row, (name, look) in enumerate(LOOKS.items()):
        one = table.loc[name]
        left.errorbar(
            one["recall"], row, xerr=1.96 * one["standard_error"],
            marker=MARKERS[look], color=COLOURS[look],
        )  # fmt: skip
    left.axvline(0.5, color=ink(), lw=0.8, ls=":")
    left.set_yticks(range(len(LOOKS)), list(LOOKS))
    left.invert_yaxis()
    left.set(xlabel="share of new values", xlim=(0, 1.05))
    letter(left, "a  keys bound anew")
    _curves(right, result.tables["noise"], "noise", "recall")
    right.set(xlabel="length of the noise", ylabel="share recalled", ylim=(0, 1.05))
    letter(right, "b  noisy queries")
    return figure


def chunks(result: Result) -> Figure:
    """Which pairs of positions meet: every one before it, or those of a chunk and a root."""
    del result
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 3.3))
    length, size = 12, 4
    for axes, title in zip(panels, ("a  all pairs at once", "b  in chunks"), strict=True):
        axes.set(xlim=(-0.3, length + 0.3), ylim=(length + 0.3, -0.3), aspect="equal")
        axes.set(xlabel="position read, s", ylabel="position asking, t", xticks=[], yticks=[])
        axes.grid(visible=False)
        letter(axes, title)
    _triangle(panels[0], 0, length, COLOURS["mesa"])
    panels[0].text(0.33 * length, 0.7 * length, "$R_t$ anew\nat every $t$", ha="center")
    for start in range(0, length, size):
        _triangle(panels[1], start, size, COLOURS["mesa"])
        if start:
            colour = to_rgba(COLOURS["trained"], 0.3)
            panels[1].add_patch(Rectangle((0, start), start, size, fc=colour, ec=ink(), lw=0.8))
            panels[1].text(start / 2, start + size / 2, "$S$", ha="center", va="center")
    panels[1].annotate(
        "keys = values = $W$", (size * 0.75, size * 0.6), (0.42 * length, 0.1 * length),
        arrowprops={"arrowstyle": "-", "color": ink(), "lw": 0.8}, fontsize="small",
    )  # fmt: skip
    return figure


def _triangle(axes: Axes, start: int, size: int, colour: str) -> None:
    corners = [(start, start), (start, start + size), (start + size, start + size)]
    axes.add_patch(Polygon(corners, closed=True, fc=to_rgba(colour, 0.5), ec=ink(), lw=0.8))


def _panels(table: pd.DataFrame) -> tuple[Figure, list[Axes]]:
    count = table["correlation"].nunique()
    figure, panels = plt.subplots(1, count, figsize=(WIDTH, 3.4), sharey=True, squeeze=False)
    return figure, list(panels[0])


def _curves(axes: Axes, table: pd.DataFrame, x: str, y: str) -> None:
    for name, look in LOOKS.items():
        one = table[table["model"] == name]
        axes.plot(
            one[x], one[y], color=COLOURS[look], ls=DASHES[look], marker=MARKERS[look], ms=4,
            label=name,
        )  # fmt: skip


def _kind(correlation: float) -> str:
    return "independent keys" if correlation == 0 else f"keys correlated by {correlation:g}"
