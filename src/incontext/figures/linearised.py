"""Paper B, Figures 5A and 19, from a linearised result."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_published, products_of
from incontext.figures.style import WIDTH, ink, letter
from incontext.records.types import Result

# The authors' stored results, means over five networks: by layer, dimension in rows.
PUBLISHED = {
    4: [2.07, 1.58, 1.21, 1.12, 1.15, 1.13, 1.19],
    6: [2.19, 1.45, 1.29, 1.14, 1.16, 1.14, 1.17],
    10: [2.27, 1.44, 1.18, 1.09, 1.08, 1.05, 1.04],
    20: [3.15, 1.35, 1.06, 1.06, 1.02, 1.01, 1.05],
    40: [2.92, 1.23, 1.08, 1.03, 1.02, 1.01, 1.02],
    60: [3.56, 1.15, 1.08, 1.03, 1.04, 1.05, 1.05],
}


def by_layer(result: Result) -> Figure:
    """Figure 5A: loss with one layer replaced over that of the network, by dimension."""
    table = result.tables["losses"]
    means = table.groupby(["state_dim", "layer"])["loss"].mean().unstack("layer")
    ratios = means.drop(columns=0).div(means[0], axis=0)
    figure, axes = plt.subplots(figsize=(0.8 * WIDTH, 3.4))
    colours = mpl.colormaps["viridis"]
    layers = list(ratios.columns)
    for layer in layers:
        colour = colours(0.9 - 0.65 * (layer - 1) / max(layers[-1] - 1, 1))
        axes.plot(ratios.index, ratios[layer], marker="o", ms=4, color=colour,
                  label=f"layer {layer}")  # fmt: skip
        if len(layers) == len(PUBLISHED[4]):
            told = "published" if layer == layers[-1] else "_"
            shown = [PUBLISHED[size][layer - 1] for size in PUBLISHED]
            draw_published(axes, list(PUBLISHED), shown, colour, label=told)
    axes.axhline(1.0, color=ink(), lw=0.8, ls=":")
    axes.set(xlabel="dimension of a state", ylabel="loss, layer replaced / whole", xscale="log")
    ticks = sorted({*ratios.index, *(PUBLISHED if len(layers) == len(PUBLISHED[4]) else ())})
    axes.set_xticks(ticks, [str(one) for one in ticks])
    axes.set_xticks([], minor=True)
    axes.legend(fontsize="x-small", ncols=2)
    return figure


def weights(result: Result) -> Figure:
    """Figure 19: products of two softmax layers, above, and of their linear layers, first seed."""
    softmax, linear = (products_of(result.params, kind) for kind in ("softmax", "linear"))
    size = len(softmax["key-query"][0]) // 4
    for layer, whole in enumerate(softmax["key-query"]):
        empty = 0 if layer else size  # what reads the empty channel of the first layer is arbitrary
        fitted = linear["key-query"][layer]
        flipped = np.sign(np.sum((whole * fitted)[empty:, empty:]))
        for maps in (softmax, linear):
            sign = flipped if maps is linear else 1.0  # both products may change it together
            key_query, output_value = sign * maps["key-query"][layer], maps["output-value"][layer]
            maps["key-query"][layer] = key_query[empty:, empty:]
            maps["output-value"][layer] = sign * output_value[:, empty:]
    figure, grid = plt.subplots(2, 4, figsize=(WIDTH, 3.8))
    for row, (name, maps) in zip(grid, {"softmax": softmax, "linear": linear}.items(), strict=True):
        shown = [maps[kind][layer] for layer in range(2) for kind in ("key-query", "output-value")]
        for panel, matrix in zip(row, shown, strict=True):
            _map(panel, matrix, size)
        row[0].set_ylabel(name)
    titles = [
        f"{kind},\nlayer {layer}" for layer in (1, 2) for kind in ("key-query", "output-value")
    ]
    for panel, title in zip(grid[0], titles, strict=True):
        letter(panel, title)
    return figure


def _map(axes: Axes, matrix: np.ndarray, size: int) -> None:
    """A matrix on colours of its own, symmetric about zero, with lines between channels."""
    bound = float(np.abs(matrix).max())
    axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound, interpolation="nearest")
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[])
    for length, draw in zip(matrix.shape, (axes.axhline, axes.axvline), strict=True):
        for place in range(size, length, size):
            draw(place - 0.5, color="grey", lw=0.4)
