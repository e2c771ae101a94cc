"""Paper A, Figures 14 and 15 with one setting changed, from a result of the variants."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_level, draw_lines, few_ticks, metric
from incontext.figures.single_layer import heat_map
from incontext.figures.style import COLOURS, WIDTH, ink, letter
from incontext.records.types import Result

CLIPS = {
    "clip of the text": ("trained", "a  gradients clipped at 10"),
    "clip of the code": ("interpolated", "b  gradients clipped at 0.001"),
}
PUBLISHED_LAST = 4000  # steps after which the last of the published seeds has dropped
PUBLISHED_NORM = {"loss": 0.25, "cosine": 0.88, "sensitivity_difference": 1.07}
TITLES = {
    "loss": "loss",
    "cosine": "cosine",
    "sensitivity_difference": "difference",
}


def clips(result: Result) -> Figure:
    """Loss of every seed of one linear layer, gradients clipped as in the text and in the code."""
    curves = result.tables["curves"]
    figure, row = plt.subplots(1, len(CLIPS), figsize=(WIDTH, 2.9), sharey=True)
    for axes, (model, (look, title)) in zip(row, CLIPS.items(), strict=True):
        draw_lines(axes, curves[curves["model"] == model], "step", "value", look=look, label="_")
        draw_level(axes, metric(result, "one_step_loss"), look="gradient descent",
                   label="one gradient step")  # fmt: skip
        axes.set(xlabel="training step", ylim=(0.18, 0.44))
        if curves["step"].max() >= PUBLISHED_LAST:
            axes.axvline(PUBLISHED_LAST, color=ink(), lw=0.9, ls=":", label="published: last seed")
        few_ticks(axes)
        letter(axes, title)
    row[0].set_ylabel("loss")
    row[0].legend(fontsize="x-small")
    return figure


def norms(result: Result) -> Figure:
    """Loss and alignment of one layer by what its LayerNorm normalises; lines are published."""
    table = result.tables["norms"]
    ways = list(dict.fromkeys(table["model"]))
    figure, row = plt.subplots(1, len(TITLES), figsize=(WIDTH, 2.9), sharey=True)
    for axes, (name, title) in zip(row, TITLES.items(), strict=True):
        _dots(axes, [table.loc[table["model"] == way, name].to_numpy() for way in ways])
        axes.margins(x=0.15)
        axes.axvline(PUBLISHED_NORM[name], color=ink(), lw=0.9, ls=":", label="published")
        letter(axes, title)
    row[0].set_yticks(range(len(ways)), ways)
    row[0].invert_yaxis()
    row[-1].legend(fontsize="x-small")
    return figure


def three(result: Result) -> Figure:
    """Figure 9, right: products of three tied layers, first seed."""
    key_query, output_value = (
        result.params[f"three/{name}"][0, 0] for name in ("key_query", "output_value")
    )
    figure, row = plt.subplots(1, 2, figsize=(0.7 * WIDTH, 2.5))
    for axes, matrix, title in zip(
        row, (key_query, output_value), ("a  key-query", "b  output-value"), strict=True
    ):
        heat_map(axes, matrix)
        letter(axes, title)
    return figure


def _dots(axes: Axes, values: list) -> None:
    for place, several in enumerate(values):
        colour = COLOURS["trained"] if place else COLOURS["gradient descent"]
        axes.plot(several, [place] * len(several), "o", color=colour, ms=6, alpha=0.75)
