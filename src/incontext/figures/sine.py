"""Paper A, Figure 4, from a sine result, and the kernels behind it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_alignment,
    draw_level,
    draw_shared_legend,
    metric,
    use_log_axis,
)
from incontext.figures.style import COLOURS, DASHES, WIDTH, ink, letter, published
from incontext.records.types import Result

# Read off the plots of paper A by eye, to the width of a line.
PUBLISHED_STEPS = 50_000
PUBLISHED_LOSS = 0.00095
PUBLISHED_ENDS = {
    "prediction_difference": 0.023,
    "sensitivity_difference": 0.026,
    "cosine": 0.93,
}
NAMES = {"trained": "trained", "gradient descent": "meta-learned MLP + step"}
COUPLINGS = {"published": "one parameter", "independent": "two parameters"}


def training(result: Result) -> Figure:
    """Figure 4: fitted functions, loss and alignment; below, with two free parameters."""
    figure, grid = plt.subplots(2, 3, figsize=(WIDTH, 5.0), width_ratios=[1.2, 1, 1])
    panels = "abcdef"
    for row, (coupling, title) in zip(grid, COUPLINGS.items(), strict=True):
        tables = {
            name: table[table["coupling"] == coupling]
            for name, table in result.tables.items()
            if "coupling" in table
        }
        at_paper = coupling == "published" and _last_step(result) == PUBLISHED_STEPS
        _functions(row[0], tables["functions"], tables["examples"], 0)
        letter(row[0], f"{panels[0]}  {title}")
        _losses(row[1], tables["curves"], result, coupling, at_paper)
        letter(row[1], f"{panels[1]}  loss")
        draw_alignment(row[2], tables["curves"], "", PUBLISHED_ENDS if at_paper else None)
        row[2].set(ylim=(0, 1.1))
        _ends_only(row[2], tables["curves"])
        letter(row[2], f"{panels[2]}  alignment")
        panels = panels[3:]
    draw_shared_legend(figure, grid.flat, columns=3)
    return figure


def _functions(axes: Axes, functions: pd.DataFrame, examples: pd.DataFrame, example: int) -> None:
    one = functions[functions["example"] == example]
    truth = one[one["model"] == "truth"]
    axes.plot(truth["input"], truth["prediction"], color=ink(), lw=1, ls="--", label="truth")
    for model, name in NAMES.items():
        for stage, strength in (("before", 0.4), ("after", 1.0)):
            part = one[(one["model"] == model) & (one["stage"] == stage)]
            axes.plot(part["input"], part["prediction"], color=COLOURS[model], ls=DASHES[model],
                      alpha=strength, label=f"{name}, {stage}")  # fmt: skip
    data = examples[examples["example"] == example]
    axes.plot(data["input"], data["target"], "*", color=ink(), ms=7, label="examples")
    axes.set(xlabel="x", ylabel="y")


def _losses(
    axes: Axes, curves: pd.DataFrame, result: Result, coupling: str, at_paper: bool
) -> None:
    for model in NAMES:
        part = curves[curves["metric"] == f"loss of {model}"]
        for _, one in part.groupby("seed"):
            axes.plot(one["step"], one["value"], color=COLOURS[model], ls=DASHES[model], alpha=0.75)
    prefix = "" if coupling == "published" else f"{coupling}_"
    ideal = metric(result, f"{prefix}ideal_step_loss")
    draw_level(axes, ideal, look="closed form", label="one step on (sin x, cos x)")
    if at_paper:
        published(axes, [PUBLISHED_STEPS], [PUBLISHED_LOSS])
    axes.set(xlabel="training step", ylabel="loss", ylim=(5e-4, 5e-2))
    use_log_axis(axes)
    _ends_only(axes, curves)


def _ends_only(axes: Axes, curves: pd.DataFrame) -> None:
    """Narrow panels have room for three numbers: the start, the middle and the end."""
    last = int(curves["step"].max())
    axes.set_xticks([0, last // 2, last])


def kernels(result: Result) -> Figure:
    """Learned kernels beside the one that sines call for."""
    figure, grid = plt.subplots(2, 3, figsize=(WIDTH, 4.6), sharex=True, sharey=True)
    table = result.tables["kernels"]
    for row, (coupling, title) in zip(grid, COUPLINGS.items(), strict=True):
        part = table[table["coupling"] == coupling]
        for axes, (model, name) in zip(row, NAMES.items(), strict=False):
            matrix = part[part["model"] == model].pivot(
                index="input", columns="query", values="value"
            )
            _heat_map(axes, matrix)
            letter(axes, name.replace("meta-learned ", ""))
        row[2].set_visible(False)
        row[0].set_ylabel(f"{title}\nexample at x")
    inputs = np.sort(table["input"].unique())
    ideal = pd.DataFrame(np.cos(inputs[:, None] - inputs[None]), inputs, inputs)
    grid[0, 2].set_visible(True)
    _heat_map(grid[0, 2], ideal)
    letter(grid[0, 2], "cos(x − x′)")
    for axes in (*grid[1, :2], grid[0, 2]):
        axes.set_xlabel("query at x′")
    grid[0, 2].tick_params(labelbottom=True)
    return figure


def _heat_map(axes: Axes, matrix: pd.DataFrame) -> None:
    bound = float(np.abs(matrix.to_numpy()).max())
    low, high = float(matrix.index.min()), float(matrix.index.max())
    axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound, origin="lower",
                extent=(low, high, low, high))  # fmt: skip
    axes.grid(visible=False)


def _last_step(result: Result) -> int:
    return int(result.tables["curves"]["step"].max())
