"""Paper B, Figures 4A, 4B and 4D as far as they concern the mesa layer, from a mesa result."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from incontext.figures.parts import (
    draw_level,
    draw_lines,
    draw_published,
    draw_shared_legend,
    few_ticks,
    metric,
    use_log_axis,
)
from incontext.figures.style import COLOURS, DASHES, WIDTH, ink, letter
from incontext.records.types import Result

# Means of the authors' stored results.
PUBLISHED_TRAINING = (
    [200, 300, 500, 800, 1200, 2000, 3000, 4400],
    [0.485, 0.305, 0.247, 0.223, 0.210, 0.200, 0.194, 0.190],
)
LONGEST = 200  # states to which panel d goes
PUBLISHED_LAMBDA = (1.45, 1.61)  # least and greatest of the trained heads
MESA = "mesa layer"
ALGORITHMS = ("least squares", "least squares, one late", "two numbers per head")
KIND_LOOKS = {"linear": "trained", "softmax": "softmax"}
OTHERS = {
    "least squares, best ridge": ("closed form", "least squares, best ridge"),
    "optimum without noise": ("GD++", "optimum without noise"),
}


def training(result: Result) -> Figure:
    """Figures 4A and 4B: loss of the mesa layer and of the stacks during training."""
    curves = result.tables["curves"]
    trained = (curves["metric"] == "loss") & (curves["step"] > 0)  # zero is on no logarithmic axis
    curves = curves[trained].rename(columns={"value": "loss"})
    figure, axes = plt.subplots(figsize=(WIDTH, 4.0))
    _draw_networks(axes, curves, "step")
    draw_level(axes, metric(result, "best_ridge_mean_loss"), look="closed form",
               label="least squares, best ridge")  # fmt: skip
    if curves.loc[curves["model"] == MESA, "step"].max() >= PUBLISHED_TRAINING[0][-1]:
        draw_published(axes, *PUBLISHED_TRAINING, COLOURS["mesa"])
    use_log_axis(axes)
    axes.set_yticks([0.2, 0.5, 1.0, 2.0], ["0.2", "0.5", "1", "2"])
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="training step", ylabel="loss, mean over positions", ylim=(0.15, 2.2))
    draw_shared_legend(figure, [axes])
    return figure


def positions(result: Result) -> Figure:
    """Figure 4D with the mesa layer: loss by the number of states read."""
    table = result.tables["positions"]
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    _draw_networks(axes, table, "t")
    for model, (look, label) in OTHERS.items():
        part = table[(table["model"] == model) & (table["loss"] > 0)]
        draw_lines(axes, part, "t", "loss", look=look, label=label)
    use_log_axis(axes)
    axes.set(xlabel="states read, t", ylabel="loss of the next state")
    draw_shared_legend(figure, [axes])
    return figure


def longer(result: Result) -> Figure:
    """Loss by the number of states read, far beyond the length of training."""
    table = result.tables["longer"]
    trained = int(result.tables["positions"]["t"].max())
    figure, axes = plt.subplots(figsize=(WIDTH, 4.0))
    _draw_networks(axes, table, "t")
    axes.axvline(trained, color=ink(), lw=0.8, ls=":", label="length of training")
    use_log_axis(axes)
    axes.set(xlabel="states read, t", ylabel="loss of the next state")
    draw_shared_legend(figure, [axes])
    return figure


def ridges(result: Result) -> Figure:
    """Lambda and ridge of every head during training; what a ridge costs, and what gains do."""
    table = result.tables["ridges"]
    figure, ((left, right), (cost, gains)) = plt.subplots(2, 2, figsize=(WIDTH, 5.6))
    for panel, column in ((left, "ridge_scale"), (right, "ridge")):
        shown = table if column == "ridge_scale" else table[table["ridge"] < 1e3]
        for (_, head), one in shown.groupby(["seed", "head"]):
            panel.plot(one["step"], one[column], color=COLOURS["mesa"], alpha=0.4 + 0.15 * head)
        panel.set_xlabel("training step")
        few_ticks(panel)
    left.axhspan(*PUBLISHED_LAMBDA, color=ink(), alpha=0.15, lw=0, label="published, trained")
    left.set(ylabel="λ of a head", ylim=(0.9, 1.75))
    left.legend(fontsize="x-small", loc="lower right")
    letter(left, "a  what the layer stores")
    use_log_axis(right)
    right.set(ylabel="ridge, 1 / (λ c)")
    letter(right, "b  what it regresses with")
    last = table[table["step"] == table["step"].max()]
    _draw_cost(cost, result, last)
    _draw_gains(gains, last)
    return figure


def _draw_cost(axes: Axes, result: Result, last: pd.DataFrame) -> None:
    """Loss of least squares by its ridge, and where the heads end."""
    sweep = result.tables["sweep"]
    sweep = sweep[sweep["ridge"] > 0].sort_values("ridge")
    axes.plot(sweep["ridge"], sweep["loss"], ".-", color=COLOURS["closed form"],
              label="least squares")  # fmt: skip
    heights = np.interp(np.log(last["ridge"]), np.log(sweep["ridge"]), sweep["loss"])
    axes.plot(last["ridge"], heights, "o", color=COLOURS["mesa"], ms=6, alpha=0.8, label="heads")
    axes.set(xscale="log", xlabel="ridge", ylabel="loss")
    axes.legend(fontsize="x-small")
    letter(axes, "c  what a ridge costs")


def _draw_gains(axes: Axes, last: pd.DataFrame) -> None:
    """Gains times shrinkage, in a direction whose eigenvalue is the mean one, (t - 1) / 3."""
    t = np.arange(2, LONGEST + 1)
    mean = (t - 1) / 3
    for _, heads in last.groupby("seed"):
        factors = (
            heads["gain"].to_numpy()[:, None] * mean / (mean + heads["ridge"].to_numpy()[:, None])
        )
        axes.plot(t, factors.sum(axis=0), color=COLOURS["mesa"])
    axes.axhline(1, color=ink(), lw=0.8, ls=":")
    axes.set(xlabel="states read, t", ylabel="gain times shrinkage", ylim=(0.7, 1.1))
    letter(axes, "d  on the mean direction")


def _draw_networks(axes: Axes, table: pd.DataFrame, x: str) -> None:
    """Single layers of other kinds on top of the stacks; deeper stacks stronger."""
    models = [one for one in table["model"].unique() if one not in OTHERS and one not in ALGORITHMS]
    for kind, look in KIND_LOOKS.items():
        names = sorted(one for one in models if f" {kind} " in one)
        models = [one for one in models if one not in names]
        for strength, name in zip(_strengths(len(names)), names, strict=True):
            _draw_seeds(axes, table, x, name, color=COLOURS[look], ls=DASHES[look], alpha=strength)
    for number, name in enumerate(models):
        colour = COLOURS["mesa"] if name == MESA else f"C{number}"
        label = "one mesa layer" if name == MESA else name
        _draw_seeds(axes, table, x, name, label=label, color=colour, lw=2.4, zorder=3)


def _draw_seeds(
    axes: Axes, table: pd.DataFrame, x: str, model: str, label: str = "", **look: object
) -> None:
    label = label or model
    for _, one in table[table["model"] == model].groupby("seed"):
        axes.plot(one[x], one["loss"], label=label, **look)  # pyright: ignore[reportArgumentType]
        label = "_"


def _strengths(count: int) -> list[float]:
    return list(np.linspace(1.0 if count == 1 else 0.5, 1.0, count))
