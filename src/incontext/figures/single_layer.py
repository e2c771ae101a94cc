"""Paper A, Figures 1 (right), 2, 6 (one layer), 9 (left) and 10, from a single-layer result."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_alignment, draw_level, metric
from incontext.figures.style import COLOURS, DASHES, MARKERS, WIDTH, ink, letter, published
from incontext.records.types import Result

# Read off the plots of paper A by eye, to the width of a line.
PUBLISHED_STEPS = 5000
PUBLISHED_PLATEAU = 0.388  # on which some published seeds wait for thousands of steps
PUBLISHED_SIZES = ([5, 10, 20, 35, 50], [0.10, 0.205, 0.43, 0.73, 1.04])
PUBLISHED_SCALES = {
    "inputs": ([0.5, 1.0, 2.0], [0.08, 0.2, 6.5]),
    "targets": ([0.5, 5.0], [0.05, 5.0]),
}
PUBLISHED_ENDS = {"prediction_difference": 0.02, "sensitivity_difference": 0.09, "cosine": 1.0}
# The paper's axis starts at 0 with the loss of one application: one is added to its steps.
PUBLISHED_ROLL_OUT = {0.75: ([4, 49], [0.128, 0.045]), 0.875: ([13], [0.08]), 1.0: ([6], [0.11])}


def training(result: Result) -> Figure:
    """Figure 2: loss and alignment over training, loss by size and by input scale."""
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.6))
    _loss(grid[0, 0], result)
    _alignment(grid[0, 1], result)
    _sizes(grid[1, 0], result)
    _scale(grid[1, 1], result, "inputs", "input scale α")
    letter(grid[1, 1], "d  larger inputs")
    grid[0, 0].legend(fontsize="small")
    grid[1, 0].legend(fontsize="small")
    return figure


def scales(result: Result) -> Figure:
    """Figure 6, one layer: three ways to leave the training distribution."""
    figure, row = plt.subplots(1, 3, figsize=(WIDTH, 2.7), sharey=True)
    axes = (
        ("inputs", "input scale"),
        ("targets", "target scale"),
        ("other distributions", "scale"),
    )
    for panel, (axis, label), name in zip(row, axes, "abc", strict=True):
        _scale(panel, result, axis, label)
        letter(panel, f"{name}  {axis.removeprefix('other ')}")
    row[1].set_ylabel("")
    row[2].set_ylabel("")
    row[0].legend(fontsize="x-small")
    return figure


def weights(result: Result) -> Figure:
    """Figure 9, left: products of the trained layer, first seed."""
    key_query = result.params["history/key_query"][0, -1]
    output_value = result.params["history/output_value"][0, -1]
    joint = key_query * output_value[-1, -1]
    figure, row = plt.subplots(1, 3, figsize=(WIDTH, 2.5))
    titles = ("key-query", "output-value", "joint")
    for panel, matrix, title, name in zip(
        row, (key_query, output_value, joint), titles, "abc", strict=True
    ):
        heat_map(panel, matrix)
        letter(panel, f"{name}  {title}")
    return figure


def training_of_weights(result: Result) -> Figure:
    """Figure 9 in motion: the joint product at four moments of training, first seed."""
    curves = result.tables["curves"]
    first = curves[(curves["metric"] == "loss") & (curves["seed"] == curves["seed"].min())]
    steps, loss = first["step"].to_numpy(), first["value"].to_numpy()
    done = (loss[0] - loss) / (loss[0] - loss.min())
    moments = [0, int(np.argmax(done > 0.4)), int(np.argmax(done > 0.9)), len(steps) - 1]
    scale = result.params["history/output_value"][0, :, -1, -1]
    joint = result.params["history/key_query"][0] * scale[:, None, None]
    figure, row = plt.subplots(1, 4, figsize=(WIDTH, 2.0))
    bound = float(np.abs(joint[-1]).max())
    for panel, moment in zip(row, moments, strict=True):
        image = panel.imshow(joint[moment], cmap="RdBu_r", vmin=-bound, vmax=bound)
        panel.set(xticks=[], yticks=[], xlabel=f"loss {loss[moment]:.3f}")
        panel.grid(visible=False)
        letter(panel, f"step {steps[moment]}")
    figure.colorbar(image, ax=row, shrink=0.8, ticks=[-bound, 0, bound], format="%.2f")
    return figure


def roll_out(result: Result) -> Figure:
    """Figure 10: loss of repeated application for every dampening."""
    table = result.tables["rollout"]
    dampenings = sorted(table["dampening"].unique(), reverse=True)
    figure, row = plt.subplots(1, len(dampenings), figsize=(WIDTH, 2.7), sharey=True)
    for panel, dampening in zip(row, dampenings, strict=True):
        _repeated(panel, table[table["dampening"] == dampening], dampening)
        panel.set(ylim=(0, 0.44))
        letter(panel, f"dampening {dampening:g}")
    row[0].set_ylabel("loss")
    row[-1].legend(fontsize="x-small")
    return figure


def roll_out_once(result: Result) -> Figure:
    """Figure 1, right: the strongest dampening alone."""
    table = result.tables["rollout"]
    dampening = table["dampening"].min()
    figure, panel = plt.subplots(figsize=(0.6 * WIDTH, 3.0))
    _repeated(panel, table[table["dampening"] == dampening], dampening)
    panel.set(ylabel="loss", ylim=(0, 0.24))
    panel.legend(fontsize="small")
    return figure


def _repeated(axes: Axes, part: pd.DataFrame, dampening: float) -> None:
    _lines(axes, part, "steps", "loss")
    if dampening in PUBLISHED_ROLL_OUT:
        published(axes, *PUBLISHED_ROLL_OUT[dampening])
    axes.set(xlabel="steps", xlim=(0, 50))


def heat_map(axes: Axes, matrix: np.ndarray) -> None:
    """A matrix on a colour scale that is symmetric about zero, with its bar."""
    bound = float(np.abs(matrix).max())
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, ticks=[-bound, 0, bound], format="%.2f")
    bar.outline.set_visible(False)


def _loss(axes: Axes, result: Result) -> None:
    curves = result.tables["curves"]
    _lines(axes, curves[curves["metric"] == "loss"], "step", "value")
    step = metric(result, "gradient_descent_loss")
    draw_level(axes, step, look="gradient descent", label="gradient descent")
    if curves["step"].max() == PUBLISHED_STEPS:
        axes.axhline(PUBLISHED_PLATEAU, color=ink(), lw=0.9, ls=":",
                     label="where published seeds wait")  # fmt: skip
    axes.set(xlabel="training step", ylabel="loss", ylim=(0.18, 0.44))
    letter(axes, "a  loss")


def _alignment(axes: Axes, result: Result) -> None:
    curves = result.tables["curves"]
    at_paper = curves["step"].max() == PUBLISHED_STEPS
    draw_alignment(axes, curves, "", PUBLISHED_ENDS if at_paper else None)
    axes.legend(fontsize="x-small", loc="center right", bbox_to_anchor=(1.0, 0.28))
    letter(axes, "b  alignment")


def _sizes(axes: Axes, result: Result) -> None:
    table = result.tables["sizes"]
    for model in ("gradient descent", "interpolated", "trained"):
        part = table[table["model"] == model].groupby("num_context")["loss"].mean()
        axes.plot(part.index, part.to_numpy(), MARKERS[model], color=COLOURS[model], label=model,
                  ls="none", ms=7, alpha=0.8)  # fmt: skip
    published(axes, *PUBLISHED_SIZES)
    axes.set(xlabel="examples N = input dimension", ylabel="loss", ylim=(0, None))
    letter(axes, "c  problem size")


def _scale(axes: Axes, result: Result, axis: str, label: str) -> None:
    table = result.tables["scales"]
    _lines(axes, table[table["axis"] == axis], "scale", "loss")
    if axis in PUBLISHED_SCALES:
        published(axes, *PUBLISHED_SCALES[axis])
    axes.set(xlabel=label, ylabel="loss", yscale="log")


def _lines(axes: Axes, table: pd.DataFrame, x: str, y: str) -> None:
    """One thin line per seed, one colour and dash per model."""
    for model, part in table.groupby("model", sort=False):
        label = str(model)
        for _, one in part.groupby("seed"):
            axes.plot(one[x], one[y], color=COLOURS[str(model)], ls=DASHES[str(model)], label=label,
                      alpha=0.75)  # fmt: skip
            label = "_"
