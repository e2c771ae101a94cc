"""Paper B, Figures 2B, 7C, 23 and 25, from a nonlinear-dynamics result."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_lines,
    draw_published,
    draw_shared_legend,
    few_ticks,
    metric,
    use_log_axis,
)
from incontext.figures.style import COLOURS, DASHES, MARKERS, WIDTH, ink, letter, published
from incontext.records.types import Result

NETWORKS = {"softmax": ("softmax", "softmax only"), "hybrid": ("mesa", "softmax + mesa")}
ALGORITHMS = {
    "least squares on s": ("closed form", "least squares on s"),
    "least squares on MLP*": ("GD++", "least squares on MLP*(s)"),
    "Proposition 2 on s, one late": ("gradient descent", "Proposition 2 on s"),
    "Proposition 2 on MLP*, one late": ("interpolated", "Proposition 2 on MLP*(s)"),
}

LENGTH = 50  # of the published sequences; shorter ones are not comparable
# Means of the authors' stored results.
QUOTED = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50]
PUBLISHED = {
    "softmax": [0.501, 0.418, 0.301, 0.123, 0.0194, 0.0089, 0.0061, 0.0043, 0.0036, 0.0034],
    "hybrid": [0.510, 0.420, 0.303, 0.123, 0.0151, 0.0057, 0.0036, 0.0024, 0.0021, 0.0019],
    "Proposition 2 on s, one late": [
        *(0.501, 0.501, 0.600, 0.450, 0.0924, 0.0451, 0.0301, 0.0216, 0.0172, 0.0154)
    ],
    "Proposition 2 on MLP*, one late": [
        *(0.501, 0.501, 0.394, 0.173, 0.0225, 0.0095, 0.0062, 0.0047, 0.0039, 0.0037)
    ],
}
# Figure 2B, error of MLP* of the current and the previous state, after every layer, input first.
PUBLISHED_TOKENS = {
    "softmax": (
        [11.66, 0.042, 0.281, 1.10, 1.70, 2.08, 2.50],
        [21.5, 0.065, 0.586, 1.28, 1.68, 2.24, 2.60],
    ),
    "hybrid": ([11.66, 0.121, 0.132], [21.5, 0.140, 0.151]),
}
PUBLISHED_OLDER = {"softmax": 4.29, "hybrid": 4.98}  # after the first layer, mean over t' = 43..48
# Figure 25, after 50 states, input first.
PUBLISHED_LAYERS = {
    "next state": [0.308, 0.105, 0.0795, 0.0214, 0.0161, 0.0109, 0.0046, 0.0022],
    "MLP*": [0.226, 0.0123, 0.0132, 0.0260, 0.0364, 0.0426, 0.0509, 0.0556],
}
PUBLISHED_STEPS = [0, 200, 500, 900, 1400, 1900, 2400, 2900]
PUBLISHED_SENSITIVITY = {  # to the current state and to the previous one
    "softmax": (
        [0.155, 0.188, 0.219, 0.241, 0.236, 0.273, 0.314, 0.313],
        [0.0005, 0.0009, 0.0025, 0.0016, 0.055, 0.058, 0.069, 0.074],
    ),
    "hybrid": (
        [0.155, 0.174, 0.242, 0.409, 0.492, 0.631, 0.720, 0.752],
        [0.0005, 0.0010, 0.0070, 0.0205, 0.311, 0.443, 0.486, 0.504],
    ),
}
BACK = {0: ("trained", "current state"), 1: ("gradient descent", "previous state"),
        2: ("GD++", "2 states back")}  # fmt: skip


def positions(result: Result) -> Figure:
    """Figure 7C: loss by the number of states read, beside regressions on s and on MLP*(s)."""
    table = result.tables["positions"]
    figure, axes = plt.subplots(figsize=(WIDTH, 4.0))
    comparable = table["t"].max() == LENGTH
    for model, (look, label) in {**NETWORKS, **ALGORITHMS}.items():
        part = table[table["model"] == model]
        draw_lines(axes, part, "t", "loss", look=look, label=label)
        if comparable and model in PUBLISHED:
            told = "published" if model == "softmax" else "_"
            draw_published(axes, QUOTED, PUBLISHED[model], COLOURS[look], label=told)
    kernel = table[table["model"] == "kernel regression"]
    axes.plot(
        kernel["t"], kernel["loss"], color=ink(), lw=1, ls=":", label="kernel regression on s"
    )
    use_log_axis(axes)
    axes.set(xlabel="states read, t", ylabel="loss of the next state")
    few_ticks(axes, 6)
    draw_shared_legend(figure, [axes], columns=3)
    return figure


def tokens(result: Result) -> Figure:
    """Figure 2B: error of reading MLP* of earlier states off the last token, layer by layer."""
    table = result.tables["tokens"]
    table = table[table["scoring"] == "held out"]
    spread = metric(result, "feature_variance")
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 3.4), sharey=True)
    colours = mpl.colormaps["viridis"]
    for axes, (model, (_, label)) in zip(row, NETWORKS.items(), strict=True):
        part = table[table["model"] == model]
        deepest = part["layer"].max()
        means = part.groupby(["layer", "back"])["error"].mean()
        for layer in sorted(part["layer"].unique())[1:]:
            colour, curve = colours(0.9 - 0.65 * layer / max(deepest, 2)), means.loc[layer]
            axes.plot(curve.index, curve, color=colour, marker="o", ms=4, label=f"layer {layer}")
        axes.axhline(spread, color=ink(), lw=0.8, ls=":", label="knowing the mean only")
        if _is_published_world(result):
            now, before = PUBLISHED_TOKENS[model]
            heights = [now[1], before[1], *[PUBLISHED_OLDER[model]] * 6]
            draw_published(axes, range(8), heights, colours(0.9 - 0.65 / max(deepest, 2)),
                           label="published, layer 1")  # fmt: skip
        axes.set(xlabel="states back", ylim=(0, None))
        axes.invert_xaxis()
        few_ticks(axes, 8)
        letter(axes, label)
    row[0].set_ylabel("error of the probe for MLP*(s)")
    draw_shared_legend(figure, row, columns=5)
    return figure


def layers(result: Result) -> Figure:
    """Figure 25: what can be read after every layer, next state (A) and MLP* of the present (B)."""
    table = result.tables["layers"]
    table = table[table["scoring"] == "training"]
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 3.4), sharex=True)
    titles = {"next state": "next state", "MLP*": "MLP*(s), length one"}
    for axes, (target, title) in zip(row, titles.items(), strict=True):
        _draw_stages(axes, table[table["target"] == target])
        stages = table["layer"].nunique()
        if _is_published_world(result) and stages == len(PUBLISHED_LAYERS[target]):
            published(axes, [LENGTH] * stages, PUBLISHED_LAYERS[target])
        use_log_axis(axes)
        axes.set(xlabel="states read, t")
        few_ticks(axes, 5)
        letter(axes, title)
    row[0].set_ylabel("error of the probe")
    draw_shared_legend(figure, row, columns=5)
    return figure


def sensitivity(result: Result) -> Figure:
    """Figure 23: sensitivity of the last token after the first layer, during training."""
    table = result.tables["sensitivities"]
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharey=True)
    for axes, (model, (_, label)) in zip(row, NETWORKS.items(), strict=True):
        means = (
            table[table["model"] == model]
            .groupby(["step", "back"])["sensitivity"]
            .mean()
            .unstack("back")
        )
        if _is_published_world(result):  # the paper shows the beginning only
            means = means[means.index <= PUBLISHED_STEPS[-1]]
        for back, (look, name) in BACK.items():
            axes.plot(means.index, means[back], color=COLOURS[look], ls=DASHES[look],
                      marker=MARKERS[look], ms=4, label=name)  # fmt: skip
        older = means.loc[:, means.columns > max(BACK)].mean(axis=1)
        axes.plot(older.index, older, color=COLOURS["closed form"], ls=":", label="older, mean")
        if _is_published_world(result):
            told = "published"
            for back, values in enumerate(PUBLISHED_SENSITIVITY[model]):
                draw_published(axes, PUBLISHED_STEPS, values, COLOURS[BACK[back][0]], label=told)
                told = "_"
        axes.set(xlabel="training step")
        axes.set_ylim(bottom=0)
        few_ticks(axes, 4)
        letter(axes, label)
    row[0].set_ylabel("sensitivity")
    draw_shared_legend(figure, row, columns=5)
    return figure


def _draw_stages(axes: Axes, table: pd.DataFrame) -> None:
    """One curve per layer, mean over seeds."""
    means = table.groupby(["layer", "t"])["error"].mean()
    stages = sorted(table["layer"].unique())
    for layer in stages:
        colour, curve = mpl.colormaps["viridis"](0.9 - 0.65 * layer / stages[-1]), means.loc[layer]
        name = "embedding" if layer == 0 else f"layer {layer}"
        axes.plot(curve.index, curve.to_numpy(), color=colour, lw=1.4, label=name)


def _is_published_world(result: Result) -> bool:
    """Whether sequences are as long as the published ones, and so states as wide."""
    return int(result.tables["positions"]["t"].max()) == LENGTH
