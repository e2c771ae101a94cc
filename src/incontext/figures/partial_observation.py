"""Paper B, Figures 2A (partially observed) and 7B, from a partial-observation result."""

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_lines,
    draw_published,
    draw_shared_legend,
    few_ticks,
    use_log_axis,
)
from incontext.figures.style import COLOURS, DASHES, MARKERS, WIDTH, letter, published
from incontext.records.types import Result

# Means of the authors' stored results, for networks twice as wide as those of `reduced`.
QUOTED = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50]
PUBLISHED = {
    "softmax": [3.09, 3.07, 2.92, 2.79, 2.11, 1.12, 0.311, 0.101, 0.070, 0.063],
    "hybrid": [3.10, 3.07, 2.94, 2.83, 2.20, 1.28, 0.231, 0.058, 0.041, 0.035],
}
# After 50 observations, input first.
PUBLISHED_LAYERS = [3.133, 2.271, 1.312, 1.092, 0.536, 0.483, 0.150, 0.0432]
NETWORKS = {"softmax": ("softmax", "softmax only"), "hybrid": ("mesa", "softmax + mesa")}


def positions(result: Result) -> Figure:
    """Figure 7B: loss by the number of observations read, beside regressions on windows."""
    table = result.tables["positions"]
    figure, axes = plt.subplots(figsize=(WIDTH, 3.6))
    windows = sorted(
        {one for one in table["model"].unique() if one.startswith("window")}, key=_count
    )
    colours = mpl.colormaps["viridis"]
    for index, model in enumerate(windows):
        part = table[(table["model"] == model) & (table["loss"] > 0)]
        colour = colours(0.9 - 0.65 * index / max(len(windows) - 1, 1))
        axes.plot(
            part["t"], part["loss"], color=colour, lw=1.2, ls=":", label=f"{model}, regression"
        )
    for model, (look, label) in NETWORKS.items():
        draw_lines(axes, table[table["model"] == model], "t", "loss", look=look, label=label)
        if table["t"].max() == max(QUOTED):
            told = "published, twice as wide" if model == "hybrid" else "_"
            draw_published(axes, QUOTED, PUBLISHED[model], COLOURS[look], label=told)
    use_log_axis(axes)
    axes.set(xlabel="observations read, t", ylabel="loss of the next observation")
    few_ticks(axes, 6)
    draw_shared_legend(figure, [axes], columns=3)
    return figure


def probes(result: Result) -> Figure:
    """Figure 2A, partially observed: how many observations the last token holds."""
    table = result.tables["probes"]
    table = table[table["scoring"] == "held out"]
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 3.0), sharey=True)
    for panel, (model, (look, label)) in zip(row, NETWORKS.items(), strict=True):
        for _, one in table[table["model"] == model].groupby("seed"):
            panel.plot(one["back"], one["error"], color=COLOURS[look], ls=DASHES[look],
                       marker=MARKERS[look], ms=4)  # fmt: skip
        panel.set(xlabel="observations back")
        panel.invert_xaxis()
        letter(panel, label)
    row[0].set_ylabel("error of the probe")
    return figure


def widths(result: Result) -> Figure:
    """Figure 21: the same probes by the width of a token, for softmax with mesa."""
    table = result.tables["widths"]
    table = table[table["scoring"] == "held out"]
    found = sorted(table["width"].unique())
    figure, axes = plt.subplots(figsize=(0.8 * WIDTH, 3.2))
    colours = mpl.colormaps["viridis"]
    for index, width in enumerate(found):
        colour = colours(0.9 - 0.65 * index / max(len(found) - 1, 1))
        marker = tuple(MARKERS.values())[index % len(MARKERS)]
        label = f"{width} channels"
        for _, one in table[table["width"] == width].groupby("seed"):
            axes.plot(one["back"], one["error"], color=colour, marker=marker, ms=4, label=label)
            label = "_"
    axes.set(xlabel="observations back", ylabel="error of the probe")
    axes.invert_xaxis()
    axes.legend(fontsize="x-small")
    return figure


def layers(result: Result) -> Figure:
    """Figure 24: error of reading the next observation after every layer."""
    table = result.tables["layers"]
    means = table[table["scoring"] == "training"].groupby(["layer", "t"])["error"].mean()
    stages = sorted(table["layer"].unique())
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    colours = mpl.colormaps["viridis"]
    for layer in stages:
        colour, curve = colours(0.9 - 0.65 * layer / stages[-1]), means.loc[layer]
        name = "embedding" if layer == 0 else f"layer {layer}"
        axes.plot(curve.index, curve.to_numpy(), color=colour, lw=1.4, label=name)
    if len(stages) == len(PUBLISHED_LAYERS):
        published(axes, [50] * len(stages), PUBLISHED_LAYERS)
    use_log_axis(axes)
    axes.set(xlabel="observations read, t", ylabel="error of the probe")
    few_ticks(axes, 6)
    axes.legend(fontsize="x-small", ncols=2)
    return figure


def _count(model: str) -> int:
    return int(model.rsplit(maxsplit=1)[-1])
