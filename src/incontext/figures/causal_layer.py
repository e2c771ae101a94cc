"""Paper B, Figures 3B, 4A and 4C, from a causal-layer result."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_lines, draw_published
from incontext.figures.style import COLOURS, WIDTH, ink, letter
from incontext.records.types import Result

# Means of the authors' stored results.
PUBLISHED_POSITIONS = (
    [1, 2, 5, 10, 20, 30, 40, 50],
    [1.675, 1.644, 1.514, 1.265, 0.835, 0.614, 0.601, 0.787],
)
PUBLISHED_TRAINING = ([0, 100, 200, 300, 500, 1200], [1.674, 1.67, 1.34, 0.979, 0.906, 0.897])
PUBLISHED_RATE = 0.0333  # the middle of .0331 to .0336, from the authors' stored weights
LOOKS = {
    "trained": "trained",
    "gradient descent": "gradient descent",
    "compressed": "closed form",
    "interpolated": "interpolated",
}
CHANNELS = ("prediction", "current", "previous")


def weights(result: Result) -> Figure:
    """Figure 3B: products of both heads, first seed, without the channel that stays empty."""
    size = result.params["products/key_query"].shape[-1] // 4
    shown = np.r_[0:size, 2 * size : 4 * size]
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.6), sharex=True, sharey=True)
    names = {"key_query": "key-query", "output_value": "output-value"}
    for row, head in zip(grid, (0, 1), strict=True):
        for panel, (name, title) in zip(row, names.items(), strict=True):
            matrix = result.params[f"products/{name}"][0, head][np.ix_(shown, shown)]
            _blocks(panel, matrix, size)
            letter(panel, f"head {head + 1}: {title}")
    figure.supylabel("scored in the past, or written", fontsize="medium")
    figure.supxlabel("read", fontsize="medium")
    return figure


def numbers(result: Result) -> Figure:
    """The eight numbers that decide what the layer computes, every seed a dot."""
    size = result.params["products/key_query"].shape[-1] // 4
    scored, written = (
        _scales(result.params[f"products/{name}"], size) for name in ("key_query", "output_value")
    )
    values = np.einsum("shu,shvw->suvw", written[:, :, 0, 2:], scored[:, :, 2:, 2:])
    names = [f"{u}{v}{w}" for u in (0, 1) for v in (0, 1) for w in (0, 1)]
    flat = values.reshape(len(values), -1)
    figure, axes = plt.subplots(figsize=(WIDTH, 2.8))
    axes.bar(names, flat.mean(axis=0), color=COLOURS["trained"], alpha=0.35, label="mean")
    for one in flat:
        axes.plot(names, one, "o", color=COLOURS["trained"], ms=4, alpha=0.7)
    draw_published(axes, [names.index("010")], [PUBLISHED_RATE], COLOURS["trained"])
    axes.axhline(0, color=ink(), lw=0.8)
    axes.set(xlabel="c with indices u, v, w", ylabel="value")
    axes.legend(fontsize="x-small")
    return figure


def _scales(products: np.ndarray, size: int) -> np.ndarray:
    """Mean diagonal of every block, [S, H, 4, 4]."""
    seeds, heads = products.shape[:2]
    blocks = products.reshape(seeds, heads, 4, size, 4, size)
    return np.einsum("shuivi->shuv", blocks) / size


def training(result: Result) -> Figure:
    """Figure 4A: loss during training and of the compressed weights."""
    table = result.tables["interpolation"]
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    for model in ("trained", "interpolated", "compressed"):
        label = {"compressed": "compressed (12 numbers)"}.get(model, model)
        part = table[table["model"] == model]
        draw_lines(axes, part, "step", "loss", look=LOOKS[model], label=label)
    if table["step"].max() > PUBLISHED_TRAINING[0][-1]:
        draw_published(axes, *PUBLISHED_TRAINING, COLOURS["trained"])
    axes.set(xlabel="training step", ylabel="loss", ylim=(0.8, 1.75))
    axes.legend()
    return figure


def positions(result: Result) -> Figure:
    """Figure 4C: loss by the number of states read."""
    table = result.tables["positions"]
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    for model in ("trained", "gradient descent", "compressed"):
        label = {"compressed": "eight numbers", "gradient descent": "one gradient step"}
        part = table[table["model"] == model]
        draw_lines(axes, part, "t", "loss", look=LOOKS[model], label=label.get(model, model))
    draw_published(axes, *PUBLISHED_POSITIONS, COLOURS["trained"])
    axes.set(xlabel="states read, t", ylabel="loss of the next state", ylim=(0, 1.8))
    axes.legend()
    return figure


def _blocks(axes: Axes, matrix: np.ndarray, size: int) -> None:
    """A product with its blocks named, on a scale symmetric about zero."""
    bound = float(np.abs(matrix).max())
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound)
    middles = size * (np.arange(3) + 0.5) - 0.5
    axes.set_xticks(middles, CHANNELS, fontsize="x-small")
    axes.set_yticks(middles, CHANNELS, fontsize="x-small", rotation=90, va="center")
    axes.grid(visible=False)
    for edge in (size - 0.5, 2 * size - 0.5):
        axes.axhline(edge, color=ink(), lw=0.5)
        axes.axvline(edge, color=ink(), lw=0.5)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, ticks=[-bound, 0, bound], format="%.2f")
    bar.outline.set_visible(False)
