"""Paper A, Figures 3, 7, 9 (several layers) and 13, from a gdpp-depth result."""

from typing import Any

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
from incontext.figures.style import COLOURS, WIDTH, ink, letter, published
from incontext.records.types import Result

MODELS = ("trained", "gradient descent", "GD++", "interpolated")
CONTEXT_COLOURS = ("trained", "interpolated", "GD++", "gradient descent")

# Read off the plots of paper A by eye, to the width of a line.
# Two layers: 5000 steps in the authors' code, of which the plot shows the first 3500.
PUBLISHED_STEPS = {"2 layers": 5000, "5 layers": 50_000, "10 layers": 15_000}
PUBLISHED_GD = {
    "2 layers": {"cosine": 0.955, "sensitivity_difference": 0.75, "prediction_difference": 0.17},
    "5 layers": {"cosine": 0.885, "sensitivity_difference": 1.4, "prediction_difference": 0.33},
    "10 layers": {"cosine": 0.985},
}
PUBLISHED_GDPP = {
    "2 layers": {"cosine": 1.0, "sensitivity_difference": 0.16, "prediction_difference": 0.03},
    "5 layers": {"cosine": 0.995, "sensitivity_difference": 0.26, "prediction_difference": 0.06},
    "10 layers": {"cosine": 0.998},
}
PUBLISHED_LOSS = {"2 layers": 0.113, "5 layers": 0.013, "10 layers": 0.05}
PUBLISHED_CURVATURES = {10: 0.179, 25: 0.099, 50: 0.056, 100: 0.029}


def training(result: Result) -> Figure:
    """Figure 3: the two shallower depths, one column each."""
    depths = _depths(result)[:2]
    figure, grid = plt.subplots(4, 2, figsize=(WIDTH, 9.6))
    for column, depth in enumerate(depths):
        _column(grid[:, column], result, depth)
    for panel, name in zip(grid.flat, "abcdefgh", strict=True):
        letter(panel, f"{name}  {panel.get_title(loc='left')}")
    draw_shared_legend(figure, grid[:, 0])
    return figure


def deepest(result: Result) -> Figure:
    """Figure 7: the deepest network of the result."""
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.2))
    _column(grid.flat, result, _depths(result)[-1])
    draw_shared_legend(figure, grid.flat)
    return figure


def spectra(result: Result) -> Figure:
    """Figure 13, and the condition number inside the networks, layer by layer."""
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.4))
    _map(grid[0, 0], result)
    _conditions(grid[0, 1], result)
    _histogram(grid[1, 0], result)
    _layers(grid[1, 1], result)
    return figure


def weights(result: Result) -> Figure:
    """Figure 9, several layers: both products of every trained layer, first seed."""
    layers = sorted(
        {name.rpartition("/")[0] for name in result.params}, key=lambda n: (int(n.split("_")[0]), n)
    )[:6]
    figure, grid = plt.subplots(2, len(layers), figsize=(WIDTH, 3.2))
    for column, layer in zip(grid.T, layers, strict=True):
        key, query, output, value = (
            result.params[f"{layer}/{part}"][0, 0] for part in ("key", "query", "output", "value")
        )
        for axes, matrix in zip(column, (key.T @ query, output @ value), strict=True):
            bound = float(np.abs(matrix).max())
            axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound)
            axes.set(xticks=[], yticks=[], xlabel=f"±{bound:.2f}")
            axes.grid(visible=False)
        depth, _, place = layer.partition("_layers/layer_")
        tied = f"{layers[0].split('_')[0]} tied"
        letter(column[0], tied if layer == layers[0] else f"{int(place) + 1} of {depth}")
    grid[0, 0].set_ylabel("key-query")
    grid[1, 0].set_ylabel("output-value")
    return figure


def _depths(result: Result) -> list[str]:
    return list(dict.fromkeys(result.tables["losses"]["depth"]))


def _column(panels: np.ndarray, result: Result, depth: str) -> None:
    """Loss, alignment with both algorithms and input scales of one depth."""
    loss, with_gd, with_gdpp, scale = panels
    curves = result.tables["curves"]
    curves = curves[curves["model"] == depth]
    at_paper = curves["step"].max() == PUBLISHED_STEPS.get(depth)
    _loss(loss, result, depth, curves, at_paper)
    draw_alignment(with_gd, curves, "_gd", PUBLISHED_GD[depth] if at_paper else None)
    draw_alignment(with_gdpp, curves, "_gdpp", PUBLISHED_GDPP[depth] if at_paper else None)
    letter(with_gd, "alignment with GD")
    letter(with_gdpp, "alignment with GD++")
    table = result.tables["scales"]
    _scale(scale, table[(table["depth"] == depth) & (table["axis"] == "inputs")])


def _loss(axes: Axes, result: Result, depth: str, curves: pd.DataFrame, at_paper: bool) -> None:
    draw_lines(axes, curves[curves["metric"] == "loss"], "step", "value", look="trained",
               label="trained")  # fmt: skip
    losses = result.tables["losses"]
    for model in ("gradient descent", "GD++"):
        chosen = losses[(losses["depth"] == depth) & (losses["model"] == model)]
        draw_level(axes, float(chosen["loss"].iloc[0]), look=model, label=model)
    if at_paper:
        published(axes, [PUBLISHED_STEPS[depth]], [PUBLISHED_LOSS[depth]])
    axes.set(xlabel="training step", ylabel="loss", ylim=(0, 0.44))
    few_ticks(axes)
    letter(axes, f"loss, {depth}")


def _scale(axes: Axes, table: pd.DataFrame) -> None:
    for model in MODELS:
        part = table[table["model"] == model]
        if len(part):
            draw_lines(axes, part, "scale", "loss", look=model, label=model)
    axes.axvline(1.0, color=ink(), lw=0.8, ls=":")
    axes.set(xlabel="input scale α", ylabel="loss")
    use_log_axis(axes)
    letter(axes, "larger inputs")


def _map(axes: Axes, result: Result) -> None:
    """Map f in units of 1 / γ, and what a trained layer made of real eigenvalues."""
    table = result.tables["curvatures"]
    trained = table[table["model"] == "trained"].groupby("num_context")["curvature"].mean()
    grid = np.linspace(0, 1.15, 231)
    axes.plot(grid, _shape(grid), color=COLOURS["closed form"], label="f")
    depth = _depths(result)[0]
    pairs = result.tables["map"]
    shown = pairs[(pairs["depth"] == depth) & (pairs["seed"] == pairs["seed"].min())]
    gamma = trained.iloc[0]  # the network of the shown depth reads as many examples
    axes.plot(gamma * shown["before"], gamma * shown["after"], ".", color=ink(), ms=3, alpha=0.5,
              label="inside the network")  # fmt: skip
    metrics = result.tables["metrics"]
    for look, (size, curvature) in zip(CONTEXT_COLOURS, trained.items(), strict=False):
        largest = metrics[metrics["metric"] == f"largest_eigenvalue_at_{size}"]["value"]
        if len(largest):
            place = curvature * largest.iloc[0]
            axes.plot([place], [_shape(place)], "o", color=COLOURS[look], ms=7, mec=ink(),
                      label=f"largest, N={size}")  # fmt: skip
    axes.set(xlabel="eigenvalue λ, times γ", ylabel="f(λ, γ), times γ", ylim=(0, 0.25))
    axes.legend(fontsize="xx-small", loc="upper right", ncols=2)
    letter(axes, "a  eigenvalues")


def _shape(scaled: Any) -> Any:  # noqa: ANN401
    """γ f(λ, γ) as a function of γ λ: one curve for every curvature."""
    return scaled * (1 - scaled) ** 2


def _conditions(axes: Axes, result: Result) -> None:
    """Median condition number after one correction, over that without; found curvatures as dots."""
    table, curvatures = result.tables["conditions"], result.tables["curvatures"]
    trained = curvatures[curvatures["model"] == "trained"].groupby("num_context")["curvature"]
    for look, (size, part) in zip(CONTEXT_COLOURS, table.groupby("num_context"), strict=False):
        part = part.sort_values("curvature")
        ratio = part["median"] / part["median"].iloc[0]
        axes.plot(part["curvature"], ratio, color=COLOURS[look], label=f"N={size}")
        found = trained.mean()[size]
        axes.plot([found], [np.interp(found, part["curvature"], ratio)], "o", color=COLOURS[look],
                  mec=ink(), ms=7)  # fmt: skip
        if size in PUBLISHED_CURVATURES:
            axes.plot([PUBLISHED_CURVATURES[size]], [0.24], "x", color=COLOURS[look], ms=7, mew=2)
    axes.axhline(1, color=ink(), lw=0.6, ls=":")
    use_log_axis(axes)
    axes.set(xlabel="curvature γ", ylabel="condition number, ratio", ylim=(0.2, 20))
    axes.set_yticks([0.3, 1, 3, 10], ["0.3", "1", "3", "10"])
    letter(axes, "b  after one correction")


def _histogram(axes: Axes, result: Result) -> None:
    table = result.tables["histogram"]
    for look, (curvature, part) in zip(CONTEXT_COLOURS, table.groupby("curvature"), strict=False):
        axes.fill_between(part["condition"], part["count"], step="mid", color=COLOURS[look],
                          alpha=0.45, label=f"γ={curvature:g}")  # fmt: skip
    axes.set(xlabel="condition number", ylabel="tasks", xlim=(1, 30), ylim=(0, None))
    axes.legend(fontsize="x-small")
    letter(axes, "c  its distribution")


def _layers(axes: Axes, result: Result) -> None:
    """Median condition number of what every layer reads: trained networks, and GD++ dashed."""
    table = result.tables["stream"]
    for look, depth in zip(CONTEXT_COLOURS, _depths(result), strict=False):
        part = table[table["depth"] == depth]
        gdpp = part[part["model"] == "GD++"]
        axes.plot(gdpp["layer"] + 1, gdpp["median"], color=COLOURS[look], ls="--", alpha=0.8)
        trained = part[part["model"] == "trained"]
        for _, one in trained.groupby("seed"):
            axes.plot(one["layer"] + 1, one["median"], "o-", color=COLOURS[look], ms=4, label=depth)
            depth = "_"
    axes.set(xlabel="layer that reads", ylabel="condition number")
    use_log_axis(axes)
    axes.legend(fontsize="x-small")
    few_ticks(axes)
    letter(axes, "d  inside trained networks")
