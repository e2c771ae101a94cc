"""Trained memories beside memories that read keys as given, from a recall result."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_shared_legend
from incontext.figures.style import COLOURS, DASHES, MARKERS, WIDTH, ink
from incontext.records.types import Result

LOOKS = {
    "linear": "trained",
    "delta": "gradient descent",
    "gated delta": "interpolated",
    "mesa": "mesa",
    "gated mesa": "GD++",
    "softmax": "softmax",
}
SHORT = {
    "independent keys": "independent\nkeys",
    "keys alike, in every sequence anew": "keys alike,\nanew each time",
    "keys alike, always the same way": "keys alike,\nalways the same",
    "every key bound twice": "every key\nbound twice",
}


def recall(result: Result) -> Figure:
    """Share of keys recalled by the number of pairs; trained above, keys as given below."""
    table = result.tables["recall"]
    tasks = list(dict.fromkeys(table["task"]))
    figure, grid = plt.subplots(
        2, len(tasks), figsize=(WIDTH, 5.4), sharex=True, sharey=True, squeeze=False
    )
    for column, task in enumerate(tasks):
        part = table[table["task"] == task]
        for axes, keys in zip(grid[:, column], ("trained", "keys as given"), strict=True):
            _curves(axes, part[part["keys"] == keys])
            axes.set(ylim=(0, 1.05), xticks=sorted(set(table["pairs"])))
            axes.tick_params(axis="x", labelsize="x-small")
        grid[0, column].set_title(SHORT[task], fontsize="small", loc="left")
        grid[1, column].set_xlabel("pairs written")
    grid[0, 0].set_ylabel("recalled, trained")
    grid[1, 0].set_ylabel("recalled, as given")
    draw_shared_legend(figure, grid.flat)
    return figure


def likeness(result: Result) -> Figure:
    """Two keys of a sequence, as given and projected; a query and the key of another pair."""
    table = result.tables["likeness"]
    names = list(dict.fromkeys(zip(table["task"], table["kind"], strict=True)))
    figure, axes = plt.subplots(figsize=(WIDTH, 0.32 * len(names) + 1.3))
    looks = {
        "given": ("two keys, as given", {"marker": "|", "color": ink(), "ms": 12}),
        "projected": ("two keys, projected", {"marker": "o", "color": COLOURS["trained"]}),
        "score": ("a query and another pair's key", {"marker": "s", "color": COLOURS["GD++"]}),
    }
    for row, (task, kind) in enumerate(names):
        one = table[(table["task"] == task) & (table["kind"] == kind)]
        for column, (label, look) in looks.items():
            axes.plot(
                one[column], np.full(len(one), row), ls="none", label=label if not row else "_",
                **look,
            )  # fmt: skip
    axes.set_yticks(range(len(names)), [f"{kind}: {task}" for task, kind in names])
    axes.tick_params(axis="y", labelsize="x-small")
    axes.invert_yaxis()
    axes.axvline(0.0, color=ink(), lw=0.8, ls=":")
    axes.set_xlabel("mean cosine")
    draw_shared_legend(figure, [axes])
    return figure


def _curves(axes: Axes, table: pd.DataFrame) -> None:
    for kind, look in LOOKS.items():
        one = table[table["kind"] == kind]
        label = kind
        for _, seed in one.groupby("seed"):
            axes.plot(
                seed["pairs"], seed["recall"], color=COLOURS[look], ls=DASHES[look],
                marker=MARKERS[look], ms=4, label=label,
            )  # fmt: skip
            label = "_"
