"""Paper A, Figures 11, 12, 14 and 15, from a softmax result."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_alignment,
    draw_level,
    draw_lines,
    draw_shared_legend,
    few_ticks,
    use_log_axis,
)
from incontext.figures.style import WIDTH, ink, letter, published
from incontext.records.types import Result

# Read off the plots of paper A by eye, to the width of a line.
PUBLISHED_STEPS = {
    "one softmax head": 5000,
    "two softmax heads": 10_000,
    "one layer with LayerNorm": 15_000,
    "two layers with LayerNorm": 15_000,
}
PUBLISHED_LOSS = {
    "one softmax head": 0.31,
    "two softmax heads": 0.218,
    "one layer with LayerNorm": 0.25,
    "two layers with LayerNorm": 0.127,
    "one linear head": 0.205,
}
PUBLISHED_ENDS = {
    "one softmax head": {"cosine": 0.6},
    "two softmax heads": {"cosine": 0.965, "sensitivity_difference": 0.43},
    "one layer with LayerNorm": {"cosine": 0.88, "sensitivity_difference": 1.07},
    "two layers with LayerNorm": {"cosine": 0.90},
}
STEPS = {"one": "one gradient step", "two": "two gradient steps"}


def heads(result: Result) -> Figure:
    """Figure 12: one softmax head and two, one column each."""
    return _columns(result, ("one softmax head", "two softmax heads"), steps="one")


def normalisation(result: Result) -> Figure:
    """Figure 14: LayerNorm before the only layer, and between two."""
    titles = ("one layer with LayerNorm", "two layers with LayerNorm")
    return _columns(result, titles, steps=None)


def weights(result: Result) -> Figure:
    """Figure 11: scaled products of both heads and their sum; how linear the softmax is."""
    figure, grid = plt.subplots(2, 3, figsize=(WIDTH, 4.6))
    table = result.tables["weights"]
    table = table[table["seed"] == _best(result)]
    off_diagonal = table[table["row"] != table["column"]]
    bound = float(np.ceil(2 * off_diagonal["value"].abs().max()) / 2)  # the diagonal goes beyond
    names, titles = ("head 0", "head 1", "sum"), ("a  head 1", "b  head 2", "c  sum")
    for panel, name, title in zip(grid[0], names, titles, strict=True):
        part = table[table["matrix"] == name]
        matrix = part.pivot(index="row", columns="column", values="value").to_numpy()
        _heat_map(panel, matrix, bound)
        letter(panel, title)
    _linearity(grid[1, 0], result, "expansion_error", "d  expansion error")
    _linearity(grid[1, 1], result, "off_diagonal_share", "e  off-diagonal")
    _first_order(grid[1, 2], result)
    grid[1, 0].legend(fontsize="x-small", loc="upper right")
    return figure


def seeds(result: Result) -> Figure:
    """Figure 15, left and centre: every seed of one and of two linear heads."""
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 2.8), sharey=True)
    for panel, title, name in zip(row, ("one linear head", "two linear heads"), "ab", strict=True):
        draw_lines(panel, _curves(result, title, "loss"), "step", "value", look="trained",
                   label="seeds")  # fmt: skip
        draw_level(panel, _loss_of(result, STEPS["one"]), look="gradient descent",
                   label=STEPS["one"])  # fmt: skip
        panel.set(xlabel="training step", ylim=(0.18, 0.44))
        few_ticks(panel)
        letter(panel, f"{name}  {title}")
    row[0].axhline(0.388, color=ink(), lw=0.8, ls=":", label="published plateau")
    row[0].set_ylabel("loss")
    row[0].legend(fontsize="x-small")
    return figure


def _columns(result: Result, titles: tuple[str, str], *, steps: str | None) -> Figure:
    figure, grid = plt.subplots(4, 2, figsize=(WIDTH, 9.4))
    for column, title in enumerate(titles):
        count = steps or title.split()[0]
        loss, alignment, *scales = grid[:, column]
        curves = _of(result.tables["curves"], title)
        at_paper = int(curves["step"].max()) == PUBLISHED_STEPS[title]
        _loss(loss, result, title, count, at_paper)
        draw_alignment(alignment, curves, "_gd", PUBLISHED_ENDS[title] if at_paper else None)
        letter(alignment, "alignment with GD")
        for panel, axis in zip(scales, ("inputs", "targets"), strict=True):
            _scale(panel, result, title, count, axis)
    for panel, name in zip(grid.flat, "abcdefgh", strict=True):
        letter(panel, f"{name}  {panel.get_title(loc='left')}")
    draw_shared_legend(figure, grid.flat)
    return figure


def _loss(axes: Axes, result: Result, title: str, count: str, at_paper: bool) -> None:
    draw_lines(axes, _curves(result, title, "loss"), "step", "value", look="trained",
               label="trained")  # fmt: skip
    draw_level(axes, _loss_of(result, STEPS[count]), look="gradient descent", label=STEPS[count])
    if title == "two softmax heads":
        draw_level(axes, _loss_of(result, "one centred gradient step"), look="closed form",
                   label="one centred step")  # fmt: skip
    if count == "two":
        draw_level(
            axes, _loss_of(result, "two steps of GD++"), look="GD++", label="two steps of GD++"
        )
    if at_paper:
        published(axes, [PUBLISHED_STEPS[title]], [PUBLISHED_LOSS[title]])
    axes.set(xlabel="training step", ylabel="loss", ylim=(0.08 if count == "two" else 0.18, 0.44))
    few_ticks(axes)
    letter(axes, title)


def _scale(axes: Axes, result: Result, title: str, count: str, axis: str) -> None:
    table = result.tables["scales"]
    table = table[table["axis"] == axis]
    looks = {title: "trained", STEPS[count]: "gradient descent"}
    if count == "two":
        looks["two steps of GD++"] = "GD++"
    for model, look in looks.items():
        label = "trained" if look == "trained" else model
        draw_lines(axes, _of(table, model), "scale", "loss", look=look, label=label)
    axes.set(xlabel=f"{axis.removesuffix('s')} scale α", ylabel="loss")
    use_log_axis(axes)
    letter(axes, f"larger {axis}")


def _linearity(axes: Axes, result: Result, metric: str, title: str) -> None:
    for name, look in (("one softmax head", "softmax"), ("two softmax heads", "trained")):
        label = name.replace("softmax ", "")
        draw_lines(axes, _curves(result, name, metric), "step", "value", look=look, label=label)
    axes.set(xlabel="training step", ylim=(0, 1.4 if metric == "expansion_error" else 4))
    few_ticks(axes, 2)
    letter(axes, title)


def _first_order(axes: Axes, result: Result) -> None:
    for metric, look, label in (
        ("loss", "trained", "softmax"),
        ("linearised_loss", "interpolated", "first order"),
    ):
        draw_lines(axes, _curves(result, "two softmax heads", metric), "step", "value", look=look,
                   label=label)  # fmt: skip
    axes.set(xlabel="training step", ylim=(0.18, 0.44))
    axes.legend(fontsize="x-small")
    few_ticks(axes, 2)
    letter(axes, "f  loss, two heads")


def _heat_map(axes: Axes, matrix: np.ndarray, bound: float) -> None:
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, ticks=[-bound, 0, bound], format="%.1f",
                               extend="both")  # fmt: skip
    bar.outline.set_visible(False)


def _best(result: Result) -> int:
    """Seed of two heads with the lowest loss."""
    losses = _of(result.tables["losses"], "two softmax heads")
    return int(losses.loc[losses["loss"].idxmin(), "seed"])


def _of(table: pd.DataFrame, model: str) -> pd.DataFrame:
    return table[table["model"] == model]


def _curves(result: Result, model: str, metric: str) -> pd.DataFrame:
    curves = _of(result.tables["curves"], model)
    return curves[curves["metric"] == metric]


def _loss_of(result: Result, model: str) -> float:
    return float(_of(result.tables["losses"], model)["loss"].mean())
