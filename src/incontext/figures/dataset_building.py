"""Paper B, Figures 2A, 3A, 7A and 16, from a dataset-building result."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_lines,
    draw_products,
    draw_published,
    draw_shared_legend,
    few_ticks,
    products_of,
    use_log_axis,
)
from incontext.figures.style import COLOURS, DASHES, WIDTH, ink, letter
from incontext.records.types import Result

LENGTH = 50  # of the published sequences; shorter ones are not comparable
READERS = {
    "softmax": ("softmax", "softmax only"),
    "hybrid": ("mesa", "softmax + mesa"),
    "full mesa": ("interpolated", "mesa only"),
    "linear, mesa": ("trained", "linear + mesa"),
}
ALGORITHMS = {
    "least squares": ("closed form", "least squares"),
    "Proposition 2": ("GD++", "Proposition 2"),
    "Proposition 2, one late": ("gradient descent", "Proposition 2, latest pair left out"),
}

# Means of the authors' stored results.
QUOTED = [1, 2, 5, 10, 12, 15, 20, 30, 40, 50]
PUBLISHED_POSITIONS = {
    "softmax": [1.723, 1.632, 1.146, 0.301, 0.109, 0.0486, 0.0255, 0.0154, 0.0131, 0.0118],
    "hybrid": [1.851, 1.574, 1.030, 0.198, 0.0415, 0.0115, 0.0058, 0.0030, 0.0023, 0.0023],
}
# What the paper calls full mesa has linear attention first: the authors' stored weights say so.
PUBLISHED_PROBES = {  # states 43 to 50
    "softmax": [0.253, 0.256, 0.259, 0.261, 0.261, 0.151, 0.0004, 0.0],
    "hybrid": [0.279, 0.272, 0.263, 0.253, 0.119, 0.111, 0.0047, 0.0],
    "linear, mesa": [0.253, 0.254, 0.248, 0.2445, 0.232, 0.233, 0.206, 0.0004],
}
PUBLISHED_STEPS = [0, 700, 1000, 2000, 2900]
PUBLISHED_SENSITIVITY = {  # to the current state and to the previous one
    "softmax": ([0.153, 0.441, 0.886, 1.185, 1.229], [0.0, 0.260, 0.579, 0.922, 1.007]),
    "hybrid": ([0.153, 0.380, 0.395, 0.368, 0.333], [0.0, 0.076, 0.307, 0.355, 0.323]),
    "linear, mesa": ([0.153, 0.669, 0.903, 1.378, 1.442], [0.005, 0.498, 0.778, 1.269, 1.343]),
}
CURRENT_AND_PREVIOUS = ("trained", "gradient descent")  # looks of their sensitivities
SHOWN_ROWS = 12  # of a map of attention: the last ones
HEADS = (("trained", "o"), ("gradient descent", "s"), ("GD++", "^"), ("interpolated", "D"))
DISTANCES = 6  # states before the last one whose sensitivity gets a line of its own


def products(result: Result) -> Figure:
    """Figure 10: products of the first head of every softmax layer."""
    return draw_products(products_of(result.params, "softmax"), (WIDTH, 2.5))


def positions(result: Result) -> Figure:
    """Figure 7A: loss by the number of states read."""
    table = result.tables["positions"]
    figure, axes = plt.subplots(figsize=(WIDTH, 4.0))
    for model, (look, label) in {**READERS, **ALGORITHMS}.items():
        draw_lines(axes, table[table["model"] == model], "t", "loss", look=look, label=label)
    if table["t"].max() == LENGTH:
        for model, losses in PUBLISHED_POSITIONS.items():
            colour = COLOURS[READERS[model][0]]
            draw_published(axes, QUOTED, losses, colour, label=f"published, {READERS[model][1]}")
    use_log_axis(axes)
    axes.set(xlabel="states read, t", ylabel="loss of the next state")
    few_ticks(axes, 6)
    draw_shared_legend(figure, [axes], columns=3)
    return figure


def probes(result: Result) -> Figure:
    """Figures 2A and 17: error of reading a state off the last token after the first layer."""
    table = result.tables["probes"]
    readers = _readers(table)
    figure, panels = plt.subplots(1, len(readers), figsize=(WIDTH, 3.2), sharey=True)
    for axes, (model, (look, label)) in zip(panels, readers.items(), strict=True):
        part = table[table["model"] == model]
        for scoring, dash, alpha in (("held out", "-", 0.9), ("training", ":", 0.6)):
            name = {"held out": "scored on other sequences"}.get(scoring, "on those of the fit")
            for _, one in part[part["scoring"] == scoring].groupby("seed"):
                axes.plot(one["state"], one["error"], ls=dash, marker=".", alpha=alpha,
                          color=COLOURS[look], label=name)  # fmt: skip
                name = "_"
        last = part["state"].max()
        if last == LENGTH and model in PUBLISHED_PROBES:
            draw_published(axes, list(range(43, 51)), PUBLISHED_PROBES[model], COLOURS[look])
        axes.axhline(1 / 3, color=ink(), lw=0.8, ls="--", label="variance of a state")
        axes.set(xlabel="state t′", ylim=(-0.02, 0.55))
        axes.set_xticks(range(last - 6, last + 1, 2))
        letter(axes, label.replace(" + ", " +\n"))
    panels[0].set_ylabel("error of the probe")
    draw_shared_legend(figure, panels[:1], columns=4)
    return figure


def full_mesa(result: Result) -> Figure:
    """Figure 17: the probes of networks whose first layer is no softmax, scored as published."""
    table = result.tables["probes"]
    table = table[table["scoring"] == "training"]
    last = int(table["state"].max())
    figure, axes = plt.subplots(figsize=(0.8 * WIDTH, 3.4))
    for model, (look, label) in _readers(table).items():
        for _, one in table[table["model"] == model].groupby("seed"):
            axes.plot(one["state"], one["error"], marker=".", ls=DASHES[look],
                      color=COLOURS[look], alpha=0.85, label=label)  # fmt: skip
            label = "_"
    if last == LENGTH:
        values, look = PUBLISHED_PROBES["linear, mesa"], READERS["linear, mesa"][0]
        label = "published, called full mesa"
        draw_published(axes, list(range(43, 51)), values, COLOURS[look], label=label)
    axes.axhline(1 / 3, color=ink(), lw=0.8, ls="--", label="variance of a state")
    axes.set(xlabel="state t′", ylabel="error of the probe", ylim=(-0.02, 0.4))
    axes.set_xticks(range(last - 6, last + 1, 2))
    draw_shared_legend(figure, [axes], columns=3)
    return figure


def _readers(table: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Look and title of the networks that a table has."""
    models = set(table["model"])
    return {model: words for model, words in READERS.items() if model in models}


def attention(result: Result) -> Figure:
    """Figure 3A: mean attention of softmax first layers, and by distance, head by head."""
    table = result.tables["maps"]
    table = table[table["seed"] == table["seed"].min()]
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.2), width_ratios=[1, 1.25])
    for row, model in zip(grid, ("softmax", "hybrid"), strict=True):
        part, (_, label) = table[table["model"] == model], READERS[model]
        _map(row[0], part)
        letter(row[0], label)
        _profile(row[1], part)
    grid[-1, 0].set(xlabel="attended state")
    grid[-1, 1].set(xlabel="states back")
    return figure


def _map(axes: Axes, part: pd.DataFrame) -> None:
    mean = part.groupby(["row", "column"])["value"].mean().unstack().to_numpy()
    size, first = len(mean), max(len(mean) - SHOWN_ROWS, 0)
    image = axes.imshow(mean[first:, first:], cmap="viridis", vmin=0, vmax=1,
                        extent=(first + 0.5, size + 0.5, size + 0.5, first + 0.5))  # fmt: skip
    axes.grid(visible=False)
    axes.set(ylabel="attending state")
    few_ticks(axes)
    axes.figure.colorbar(image, ax=axes, shrink=0.8, ticks=[0, 1]).outline.set_visible(False)


def _profile(axes: Axes, part: pd.DataFrame) -> None:
    """Mean attention by distance, over rows that have all the distances behind them."""
    late = part[part["row"] >= DISTANCES].assign(back=part["row"] - part["column"])
    near = late[late["back"] <= DISTANCES]
    for head, one in near.groupby("head"):
        means = one.groupby("back")["value"].mean()
        look, marker = HEADS[int(head) % len(HEADS)]
        axes.plot(means.index, means, color=COLOURS[look], ls=DASHES[look], marker=marker, ms=5,
                  alpha=0.85, label=f"head {int(head) + 1}")  # fmt: skip
    axes.set(ylim=(-0.03, 1.03), ylabel="attention, mean")
    axes.legend(fontsize="x-small")


def false_pair(result: Result) -> Figure:
    """Loss of least squares that also fits a false pair, by the weight of that pair."""
    table = result.tables["false_pair"]
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    looks, told = ("trained", "gradient descent", "GD++"), "published hybrid"
    for look, (t, part) in zip(looks, table.groupby("t"), strict=False):
        axes.plot(part["weight"], part["loss"], "o-", ms=4, color=COLOURS[look], ls=DASHES[look],
                  label=f"t = {t}")  # fmt: skip
        if t in QUOTED:
            level = PUBLISHED_POSITIONS["hybrid"][QUOTED.index(int(str(t)))]
            axes.axhline(level, color=COLOURS[look], lw=5, alpha=0.3, label=told)
            told = "_"
    use_log_axis(axes)
    axes.set(xlabel="weight of the false pair", ylabel="loss of the next state")
    axes.legend(fontsize="x-small", ncols=3)
    return figure


def sensitivity(result: Result) -> Figure:
    """Figure 16: sensitivity of the last token after the first layer, and the loss below it."""
    table, curves = result.tables["sensitivities"], result.tables["curves"]
    readers = _readers(table)
    figure, grid = plt.subplots(
        2, len(readers), figsize=(WIDTH, 4.6), sharex="col", sharey="row",
        height_ratios=[1.6, 1], squeeze=False,
    )  # fmt: skip
    for (model, (look, label)), column in zip(readers.items(), grid.T, strict=True):
        part = table[table["model"] == model]
        _sensitivities(column[0], part.groupby(["step", "state"])["sensitivity"].mean().unstack())
        if part["state"].max() == LENGTH and model in PUBLISHED_SENSITIVITY:
            _published_sensitivity(column[0], model)
        losses = curves[(curves["model"] == model) & (curves["metric"] == "loss")]
        draw_lines(column[1], losses, "step", "value", look=look, label="_")
        letter(column[0], label.replace(" + ", " +\n"))
        column[1].set(xlabel="training step", ylim=(0, None))
        few_ticks(column[1], 3)
    grid[0, 0].set_ylim(bottom=0)
    grid[0, 0].set_ylabel("sensitivity")
    grid[1, 0].set_ylabel("loss")
    draw_shared_legend(figure, grid[0, :1], columns=4)
    return figure


def _sensitivities(axes: Axes, means: pd.DataFrame) -> None:
    """One line per state; the oldest states share one."""
    last = int(means.columns.max())
    names = ("current state", "previous state")
    lines = [(*one, 1.0) for one in zip(CURRENT_AND_PREVIOUS, names, strict=True)]
    lines += [("GD++", f"{k} states back", 1.3 - 0.2 * k) for k in range(2, DISTANCES)]
    for back, (look, label, alpha) in enumerate(lines):
        dash = "-" if back >= 2 else DASHES[look]
        axes.plot(means.index, means[last - back], color=COLOURS[look], ls=dash, alpha=alpha,
                  label=label)  # fmt: skip
    rest = means[[state for state in means.columns if state <= last - DISTANCES]].mean(axis=1)
    axes.plot(rest.index, rest, color=COLOURS["closed form"], ls=":", label="older, mean")


def _published_sensitivity(axes: Axes, model: str) -> None:
    label = "published"
    for values, look in zip(PUBLISHED_SENSITIVITY[model], CURRENT_AND_PREVIOUS, strict=True):
        draw_published(axes, PUBLISHED_STEPS, values, COLOURS[look], label=label)
        label = "_"
