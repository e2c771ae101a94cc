"""Paper B, Figures 11 and 12, from an other-worlds result."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
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
from incontext.figures.style import COLOURS, WIDTH, ink, letter, published
from incontext.records.types import Result

CONTRACTING, ONE_MAP = "contracting", "one map"
# Means of the authors' stored results, at these numbers of states read.
QUOTED = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50]
_CONTRACTING = {
    "1 linear layer": [3.99, 4.04, 3.71, 2.96, 1.65, 0.943, 0.519, 0.124, 0.123, 0.485],
    "2 linear layers": [3.97, 3.77, 2.63, 1.27, 0.322, 0.163, 0.0791, 0.0685, 0.0661, 0.156],
    "4 linear layers": [3.8, 2.67, 0.709, 0.248, 0.0853, 0.0534, 0.0285, 0.0218, 0.0256, 0.0287],
    "6 linear layers": [3.88, 2.96, 0.951, 0.372, 0.11, 0.0591, 0.0286, 0.0316, 0.0324, 0.042],
    "mesa layer": [3.71, 2.24, 0.308, 0.149, 0.044, 0.0439, 0.0183, 0.0132, 0.0089, 0.0101],
}
_ONE_MAP = {
    "1 linear layer": [0.126, 0.0988, 0.0984, 0.0989, 0.1, 0.101, 0.101, 0.102, 0.104, 0.107],
    "2 linear layers": [0.0835, 0.0653, 0.0584, 0.0447, 0.0331, 0.021, 0.0159, 0.0085, 0.0084,
                        0.0163],
    "4 linear layers": [0.164, 0.0978, 0.0679, 0.0322, 0.0118, 0.0068, 0.0051, 0.0035, 0.0033,
                        0.0049],
    "6 linear layers": [0.0477, 0.0339, 0.024, 0.0123, 0.004, 0.0024, 0.0016, 0.0012, 0.0012,
                        0.0015],
    "mesa layer": [0.0334, 0.0057, 0.0045, 0.0036, 0.0015, 0.001, 0.0008, 0.0007, 0.0006, 0.0007],
}  # fmt: skip
PUBLISHED = {CONTRACTING: _CONTRACTING, ONE_MAP: _ONE_MAP}
PUBLISHED_PROBES = {  # of six layers, input first, after 50 states
    CONTRACTING: [0.00042, 0.00033, 0.00029, 0.00026, 0.00025, 0.00025, 0.00024],
    ONE_MAP: [0.0060, 0.0051, 0.0044, 0.0046, 0.0047, 0.0048, 0.0048],
}


def contracting(result: Result) -> Figure:
    """Figure 11: one layer and one step, probes, all networks."""
    return _world(result, CONTRACTING, {})


def one_map(result: Result) -> Figure:
    """Figure 12: the same where every sequence has the same map."""
    known = {"known map, 1 layer": ("GD++", "known map, one layer")}
    return _world(result, ONE_MAP, known)


def parts(result: Result) -> Figure:
    """Contracting sequences that shrink and those that stay large, each with its own losses."""
    table = result.tables["parts"]
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharey=True)
    titles = {"shrink": "a  sequences that shrink", "stay large": "b  those that stay large"}
    for panel, (part, title) in zip(row, titles.items(), strict=True):
        one = table[table["part"] == part]
        _draw_networks(panel, one[one["model"].isin(["1 linear layer", "mesa layer"])])
        _draw(panel, one, "gradient descent", "gradient descent", "one gradient step")
        _draw(panel, one, "predicting zero", "closed form", "predicting zero")
        use_log_axis(panel)
        panel.set(xlabel="states read, t")
        letter(panel, title)
    row[0].set(ylabel="loss of the next state")
    draw_shared_legend(figure, row)
    return figure


def weights(result: Result) -> Figure:
    """Figures 11D and 12D: products of both heads of one layer, first seed."""
    maps, channels = {}, ("prediction", "current", "previous")
    for world in (CONTRACTING, ONE_MAP):
        maps[world] = []
        for head in (0, 1):
            found = products_of(result.params, world.replace(" ", "_"), head)
            for product in (found["key-query"][0], found["output-value"][0]):
                size = product.shape[0] // 4
                shown = np.r_[0:size, 2 * size : 4 * size]  # the copy stays empty in one layer
                maps[world].append(product[np.ix_(shown, shown)])
    figure = draw_products(maps, (WIDTH, 3.9))
    names = [f"{name} {head}" for head in (1, 2) for name in ("key-query", "output-value")]
    for index, panel in enumerate(figure.axes):
        if index < len(names):
            panel.set_title(names[index], fontsize="small")
        for edge in (size - 0.5, 2 * size - 0.5):
            panel.axhline(edge, color=ink(), lw=0.5)
            panel.axvline(edge, color=ink(), lw=0.5)
    figure.supxlabel("blocks: " + ", ".join(channels), fontsize="small")
    return figure


def _world(result: Result, world: str, others: dict[str, tuple[str, str]]) -> Figure:
    table = result.tables["positions"]
    table = table[table["world"] == world]
    figure, row = plt.subplots(1, 3, figsize=(WIDTH, 3.3))
    _draw_networks(row[0], table[table["model"] == "1 linear layer"])
    _draw(row[0], table, "gradient descent", "gradient descent", "one gradient step")
    for model, (look, label) in others.items():
        _draw(row[0], table, model, look, label)
    draw_published(row[0], QUOTED, PUBLISHED[world]["1 linear layer"], _shades(1)[0])
    row[0].set(ylabel="loss of the next state", ylim=(0, None))
    letter(row[0], "a  one layer")
    _probes(row[1], result, world)
    letter(row[1], "b  probes")
    _draw_networks(row[2], table, PUBLISHED[world])
    _draw(row[2], table, "Proposition 2", "closed form", "Proposition 2")
    use_log_axis(row[2])
    letter(row[2], "c  all networks")
    for panel in row:
        panel.set(xlabel="states read, t")
        few_ticks(panel, 3)
    draw_shared_legend(figure, row, columns=4)
    return figure


def _probes(axes: Axes, result: Result, world: str) -> None:
    """Error for the preconditioned input, scored on the sequences of the fit as published."""
    table = result.tables["probes"]
    chosen = (table["world"] == world) & (table["target"] == "preconditioned input")
    table = table[chosen & (table["scoring"] == "training") & (table["t"] > 1)]
    means = table.groupby(["layer", "t"])["error"].mean()
    layers = sorted(table["layer"].unique())
    colours = mpl.colormaps["viridis"]
    for layer in layers:
        curve = means.loc[layer]
        colour = colours(0.9 - 0.65 * layer / max(layers[-1], 1))
        axes.plot(curve.index, curve.to_numpy(), color=colour, lw=1.2)
        if layer in (0, layers[-1]):
            text = "input" if layer == 0 else f"layer {layer}"
            axes.plot([], [], color=colour, lw=1.2, label=f"probe, {text}")
    if len(layers) == len(PUBLISHED_PROBES[world]):
        published(axes, [50] * len(layers), PUBLISHED_PROBES[world])
    use_log_axis(axes)


def _draw_networks(
    axes: Axes, table: pd.DataFrame, values: dict[str, list[float]] | None = None
) -> None:
    """Linear stacks from pale to strong by depth, the mesa layer in its colour."""
    stacks = sorted(one for one in table["model"].unique() if "linear" in one)
    named = [*zip(stacks, _shades(len(stacks)), strict=True), ("mesa layer", COLOURS["mesa"])]
    for model, colour in named:
        part = table[table["model"] == model]
        label = model
        for _, one in part.groupby("seed"):
            axes.plot(one["t"], one["loss"], color=colour, lw=1.4, alpha=0.85, label=label)
            label = "_"
        if values and len(part) and model in values:
            draw_published(axes, QUOTED, values[model], colour)


def _draw(axes: Axes, table: pd.DataFrame, model: str, look: str, label: str) -> None:
    draw_lines(axes, table[table["model"] == model], "t", "loss", look=look, label=label)


def _shades(count: int) -> list[tuple[float, float, float, float]]:
    """Blues by depth, the deepest darkest, all seen on light and dark pages."""
    colours = mpl.colormaps["viridis"]
    return [colours(0.75 - 0.45 * index / max(count - 1, 1)) for index in range(count)]
