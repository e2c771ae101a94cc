"""Panels that several figures are made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from incontext.figures.style import COLOURS, DASHES, ink
from incontext.records.types import Result

ALIGNMENT = {
    "cosine": ("GD++", "-", "cosine"),
    "sensitivity_difference": ("interpolated", "--", "sensitivity difference"),
    "prediction_difference": ("mesa", ":", "prediction difference"),
}


ZOOMED = 0.8  # cosines that stay above this are shown on a scale of their own, too


def metric(result: Result, name: str) -> float:
    """Mean over seeds of one row of the metrics table."""
    table = result.tables["metrics"]
    return float(table.loc[table["metric"] == name, "value"].mean())


def draw_lines(axes: Axes, table: pd.DataFrame, x: str, y: str, *, look: str, label: str) -> None:
    """One thin line per seed in the look of one kind of learner, labelled once."""
    for _, one in table.groupby("seed"):
        axes.plot(one[x], one[y], color=COLOURS[look], ls=DASHES[look], alpha=0.75, label=label)
        label = "_"


def draw_published(
    axes: Axes, x: Sequence[int | float], y: Sequence[int | float], colour: object = "", *,
    label: str = "published",
) -> None:  # fmt: skip
    """The published values of a curve, as a broad pale line in the colour of the model.

    colour: nothing for the colour of text.
    """
    look: dict[str, Any] = {"color": colour or ink(), "alpha": 0.4, "zorder": 1}
    axes.plot(x, y, lw=5, marker="o", ms=6, mew=0, solid_capstyle="round", label=label, **look)


def draw_level(axes: Axes, height: float, *, look: str, label: str) -> None:
    """A horizontal line across the panel."""
    axes.axhline(height, color=COLOURS[look], ls=DASHES[look], label=label)


def draw_alignment(
    axes: Axes, curves: pd.DataFrame, suffix: str, ends: dict[str, float] | None = None
) -> None:
    """Three alignment metrics over training.

    ends: published values at the end of training, for curves that are as long as the published.
    """
    last = curves["step"].max()
    for name, (look, dash, label) in ALIGNMENT.items():
        part = curves[curves["metric"] == f"{name}{suffix}"]
        for _, one in part.groupby("seed"):
            axes.plot(
                one["step"], one["value"], color=COLOURS[look], ls=dash, alpha=0.7, label=label
            )
            label = "_"
        if ends and name in ends:
            axes.plot([last], [ends[name]], "x", color=ink(), mew=1.8, ms=7, clip_on=False)
    axes.axhline(1.0, color=ink(), lw=0.6, ls=":")
    axes.set(xlabel="training step", ylim=(0, 2.2))
    few_ticks(axes)
    cosines = curves[curves["metric"] == f"cosine{suffix}"]
    late = cosines[cosines["step"] >= last / 2]
    if len(late) and late["value"].min() > ZOOMED:
        _zoom(axes, late, ends["cosine"] if ends and "cosine" in ends else None)


def _zoom(axes: Axes, late: pd.DataFrame, published: float | None) -> None:
    """The cosine over the second half of training, on a scale of its own."""
    look, dash, _ = ALIGNMENT["cosine"]
    inset = axes.inset_axes((0.52, 0.7, 0.46, 0.25))
    for _, one in late.groupby("seed"):
        inset.plot(one["step"], one["value"], color=COLOURS[look], ls=dash, lw=1.2, alpha=0.7)
    lowest = late["value"].min()
    if published is not None:
        inset.plot([late["step"].max()], [published], "x", color=ink(), mew=1.6, ms=5,
                   clip_on=False)  # fmt: skip
        lowest = min(lowest, published)
    bottom = max(0.0, 1 - 1.25 * (1 - lowest) - 1e-3)
    inset.set(ylim=(bottom, 1 + 0.1 * (1 - bottom)), xticks=[])
    inset.set_yticks([round(lowest, 3), 1.0], [f"{lowest:.3f}".lstrip("0"), "1"])
    inset.tick_params(labelsize="x-small", length=2, pad=1)
    inset.set_title("cosine, later half", fontsize="x-small", fontweight="normal", pad=2)


def draw_products(maps: Mapping[str, Sequence[np.ndarray]], figsize: tuple[float, float]) -> Figure:
    """Matrices side by side, a row for each name, on colours that are symmetric about zero.

    Each matrix has colours of its own, which end at its largest entry.
    """
    columns = max(len(row) for row in maps.values())
    figure, grid = plt.subplots(len(maps), columns, figsize=figsize)
    for panels, (name, row) in zip(grid, maps.items(), strict=True):
        for layer, (axes, matrix) in enumerate(zip(panels, row, strict=True), 1):
            bound = float(np.abs(matrix).max())
            axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
            if name == next(iter(maps)):
                axes.set_title(f"{layer}", fontsize="medium")
        panels[0].set_ylabel(name, fontsize="small")
    return figure


def products_of(
    params: Mapping[str, np.ndarray], prefix: str, head: int = 0
) -> dict[str, list[np.ndarray]]:
    """Both products of one head of every layer, first seed: W_K^T W_Q and P W_V."""
    found: dict[str, list[np.ndarray]] = {"key-query": [], "output-value": []}
    layer = 0
    while (place := f"{prefix}/layer_{layer}") + "/key" in params:
        key, query, value, output = (
            params[f"{place}/{name}"][0, head] for name in ("key", "query", "value", "output")
        )
        found["key-query"].append(key.T @ query)
        found["output-value"].append(output @ value)
        layer += 1
    return found


def few_ticks(axes: Axes, most: int = 4) -> None:
    """Few whole numbers below the panel, so that they do not touch."""
    axes.xaxis.set_major_locator(MaxNLocator(most, integer=True))


def use_log_axis(axes: Axes) -> None:
    """Logarithmic heights with numbers at powers of ten only."""
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())


def draw_shared_legend(figure: Figure, panels: Iterable[Axes], columns: int = 4) -> None:
    """One legend above all panels, every label once."""
    handles = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside upper center",
        ncols=columns,
        fontsize="x-small",
    )
