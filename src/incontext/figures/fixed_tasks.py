"""Paper A, Figures 15 (right) and 16, from a fixed-tasks result; noisy labels from their own."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_level,
    draw_lines,
    draw_shared_legend,
    few_ticks,
    metric,
    use_log_axis,
)
from incontext.figures.style import COLOURS, WIDTH, letter, published
from incontext.records.types import Result

# Read off the plots of paper A by eye, to the width of a line.
PUBLISHED_TEST = {512: 0.30, 2048: 0.22, 8192: 0.208}
PUBLISHED_COSINE = {512: 0.85, 2048: 0.98, 8192: 1.0}
PUBLISHED_BLOCK = {
    "test loss": ([0, 10_000, 20_000], [0.41, 0.485, 0.235]),
    "loss": ([20_000], [0.18]),
}
PUBLISHED_STEPS, PUBLISHED_BLOCK_STEPS = 5000, 20_000


def sizes(result: Result) -> Figure:
    """Figure 16: one layer on fixed sets of several sizes, and what the sizes lead to."""
    curves = result.tables["curves"]
    figure, row = plt.subplots(1, 3, figsize=(WIDTH, 3.1))
    models = sorted(curves["model"].unique(), key=_count)
    at_paper = curves["step"].max() == PUBLISHED_STEPS
    for model, colour in zip(models, _shades(len(models)), strict=True):
        part = curves[curves["model"] == model]
        _seeds(row[0], part[part["metric"] == "test loss"], colour, model)
        _seeds(row[1], part[part["metric"] == "cosine"], colour, "_")
        if at_paper and _count(model) in PUBLISHED_TEST:
            published(row[0], [PUBLISHED_STEPS], [PUBLISHED_TEST[_count(model)]])
            published(row[1], [PUBLISHED_STEPS], [PUBLISHED_COSINE[_count(model)]])
    draw_level(row[0], metric(result, "best_step_loss"), look="gradient descent", label="best step")
    row[0].set(xlabel="training step", ylabel="loss on fresh tasks")
    use_log_axis(row[0])
    row[0].set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    row[1].set(xlabel="training step", ylim=(0, 1.05))
    letter(row[0], "a  fresh tasks")
    letter(row[1], "b  cosine")
    for panel in row[:2]:
        few_ticks(panel, 3)
    _ends(row[2], result, at_paper=at_paper)
    draw_shared_legend(figure, row)
    return figure


def _ends(axes: Axes, result: Result, *, at_paper: bool) -> None:
    ends, expected = result.tables["ends"], result.tables["least_squares"]
    for name, look, mark in (("test", "trained", "o"), ("training", "mesa", "^")):
        label = f"{name} loss, trained"
        axes.plot(ends["num_tasks"], ends[name], mark, color=COLOURS[look], ms=4, ls="none",
                  alpha=0.7, label=label)  # fmt: skip
        axes.plot(expected["num_tasks"], expected[name], color=COLOURS[look], ls=":", lw=1.4,
                  label=f"{name} loss, least squares")  # fmt: skip
    if at_paper:
        published(axes, list(PUBLISHED_TEST), list(PUBLISHED_TEST.values()))
    axes.set(xlabel="tasks in the set", xscale="log")
    use_log_axis(axes)
    counts = sorted(ends["num_tasks"].unique())
    axes.set_xticks(counts, [f"{one:,}" for one in counts], fontsize="small")
    axes.set_xticks([], minor=True)
    letter(axes, "c  at the end")


def block(result: Result) -> Figure:
    """Figure 15, right: attention and MLP on a fixed set of tasks."""
    table = result.tables["block"]
    figure, axes = plt.subplots(figsize=(0.75 * WIDTH, 3.2))
    for name, look, label in (("test loss", "trained", "fresh tasks"), ("loss", "mesa", "the set")):
        part = table[table["metric"] == name].rename(columns={"value": "shown"})
        draw_lines(axes, part, "step", "shown", look=look, label=label)
        if table["step"].max() == PUBLISHED_BLOCK_STEPS:
            published(axes, *PUBLISHED_BLOCK[name])
    draw_level(axes, metric(result, "best_step_loss"), look="gradient descent", label="best step")
    axes.set(xlabel="training step", ylabel="loss", ylim=(0, None))
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(handles.values(), handles.keys(), fontsize="small")
    return figure


def noise(result: Result) -> Figure:
    """Loss by the number of labels that are noise, for one layer and for several."""
    table = result.tables["noisy"]
    depths = sorted(table["depth"].unique())
    figure, row = plt.subplots(1, len(depths), figsize=(WIDTH, 3.0), sharey=True)
    looks = {"trained": "trained", "gradient descent": "gradient descent", "GD++": "GD++",
             "interpolated": "interpolated", "best step": "closed form"}  # fmt: skip
    for panel, depth, name in zip(row, depths, "abc", strict=False):
        part = table[table["depth"] == depth]
        for model, look in looks.items():
            one = part[part["model"] == model]
            draw_lines(panel, one, "noisy", "loss", look=look, label=model)
        panel.set(xlabel="noisy labels of ten")
        letter(panel, f"{name}  {depth} layer{'s' if depth > 1 else ''}")
    row[0].set(ylabel="loss")
    draw_shared_legend(figure, row, columns=5)
    return figure


def _seeds(axes: Axes, part: pd.DataFrame, colour: object, label: str) -> None:
    for _, one in part.groupby("seed"):
        axes.plot(one["step"], one["value"], color=colour, lw=1.4, alpha=0.8, label=label)
        label = "_"


def _count(model: str) -> int:
    return int(model.split()[0])


def _shades(count: int) -> list[tuple[float, float, float, float]]:
    """Colours from few to many tasks that stand out on light and dark pages."""
    colours = mpl.colormaps["viridis"]
    return [colours(0.9 - 0.65 * index / max(count - 1, 1)) for index in range(count)]
