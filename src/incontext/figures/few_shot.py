"""Paper B, Figures 8 and 18, from a few-shot result."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_lines, draw_published, draw_shared_legend, few_ticks
from incontext.figures.style import COLOURS, WIDTH, ink, letter
from incontext.records.types import Result

PROMPTS = {"pairs": "softmax", "EOS": "trained", "EOS and prefix": "mesa"}  # prompt -> look
CONTROLS = {
    "ridge, every token to the next": ("closed form", "ridge, every token to the next"),
    "ridge, every token to the next, EOS": ("GD++", "the same, with the tuned EOS"),
    "ridge, pairs only": ("interpolated", "ridge, pairs only"),
}
PUBLISHED_PAIRS = 60  # of a prompt; shorter ones are not comparable

# Means of the authors' stored results.
QUOTED = [0, 1, 2, 3, 4, 6, 9, 14, 19, 29, 39, 49, 59]
PUBLISHED = {
    "softmax": {
        "pairs": [1.685, 1.797, 1.755, 1.803, 1.918, 1.720, 1.431, 1.178, 1.040, 0.919, 0.861,
                  0.812, 0.755],
        "EOS": [1.685, 1.816, 1.976, 2.113, 1.822, 1.500, 1.161, 0.974, 0.816, 0.724, 0.676,
                0.627, 0.584],
        "EOS and prefix": [1.792, 1.777, 1.639, 1.607, 1.470, 1.278, 1.004, 0.861, 0.723, 0.649,
                           0.623, 0.585, 0.550],
    },
    "hybrid": {
        "pairs": [2.143, 1.728, 1.776, 2.003, 2.424, 2.284, 1.594, 1.149, 0.933, 0.772, 0.694,
                  0.674, 0.633],
        "EOS": [2.144, 1.583, 1.531, 1.473, 1.416, 1.232, 0.918, 0.759, 0.650, 0.591, 0.592,
                0.584, 0.567],
        "EOS and prefix": [1.675, 1.602, 1.419, 1.342, 1.277, 1.098, 0.878, 0.769, 0.672, 0.612,
                           0.605, 0.590, 0.571],
    },
}  # fmt: skip
PUBLISHED_RIDGE = [1.645, 1.511, 1.611, 1.915, 2.155, 1.826, 1.372, 1.039, 0.845, 0.684, 0.592,
                   0.561, 0.527]  # fmt: skip


def one_task(result: Result) -> Figure:
    """Figure 8A: loss of the softmax network by pairs given; beside it the controls."""
    table = _losses(result, 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.9), sharey=True)
    _prompted(left, table, "softmax")
    _zero(left, table)
    letter(left, "a  softmax")
    for model, (look, label) in CONTROLS.items():
        draw_lines(right, table[table["model"] == model], "pair", "loss", look=look, label=label)
    if _comparable(table):
        draw_published(right, QUOTED, PUBLISHED_RIDGE, COLOURS["closed form"], label="_")
    _zero(right, table)
    letter(right, "b  regressions")
    left.set(ylabel="loss of the answer", ylim=(0, None))
    draw_shared_legend(figure, (left, right), columns=3)
    return figure


def hybrid(result: Result) -> Figure:
    """Figure 18: the same of the hybrid, for prompts of one task and of two."""
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 3.9), sharey=True)
    for axes, tasks, title in zip(panels, (1, 2), ("a  one task", "b  two tasks"), strict=True):
        table = _losses(result, tasks)
        _prompted(axes, table, "hybrid", published=tasks == 1)
        _zero(axes, table)
        letter(axes, title)
    panels[0].set(ylabel="loss of the answer", ylim=(0, None))
    draw_shared_legend(figure, panels, columns=3)
    return figure


def two_tasks(result: Result) -> Figure:
    """Figure 8B: a second task begins in the middle of the prompt."""
    table = _losses(result, 2)
    figure, axes = plt.subplots(figsize=(WIDTH, 3.9))
    _prompted(axes, table, "softmax", published=False)
    for model in ("ridge, every token to the next", "ridge, pairs only"):
        look, label = CONTROLS[model]
        draw_lines(axes, table[table["model"] == model], "pair", "loss", look=look, label=label)
    _zero(axes, table)
    axes.set(ylabel="loss of the answer", ylim=(0, None))
    draw_shared_legend(figure, [axes], columns=3)
    return figure


def _losses(result: Result, tasks: int) -> pd.DataFrame:
    table = result.tables["losses"]
    return table[table["tasks"] == tasks]


def _comparable(table: pd.DataFrame) -> bool:
    return int(table["pair"].max()) + 1 == PUBLISHED_PAIRS


def _prompted(axes: Axes, table: pd.DataFrame, reader: str, *, published: bool = True) -> None:
    """A network with every kind of prompt."""
    for prompt, look in PROMPTS.items():
        part = table[table["model"] == f"{reader}, {prompt}"]
        draw_lines(axes, part, "pair", "loss", look=look, label=f"network, {prompt}")
        if published and _comparable(table):
            label = "published" if prompt == "pairs" else "_"
            draw_published(axes, QUOTED, PUBLISHED[reader][prompt], COLOURS[look], label=label)
    axes.set_xlabel("pairs given")
    few_ticks(axes, 6)


def _zero(axes: Axes, table: pd.DataFrame) -> None:
    """The loss of predicting zero: that of ridge on pairs before it has seen one."""
    first = table[(table["model"] == "ridge, pairs only") & (table["pair"] == 0)]
    axes.axhline(float(first["loss"].mean()), color=ink(), lw=0.8, ls=":", label="predicting zero")
    axes.set_xlabel("pairs given")
    few_ticks(axes, 6)
