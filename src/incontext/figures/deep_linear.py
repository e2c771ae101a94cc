"""Paper B, Figures 4B, 4D, 4E and 4F, from a deep-linear result."""

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_lines,
    draw_products,
    draw_published,
    metric,
    products_of,
    use_log_axis,
)
from incontext.figures.style import COLOURS, DASHES, WIDTH, ink
from incontext.records.types import Result

# Means of the authors' stored results, at these numbers of states read.
QUOTED = [1, 2, 5, 10, 12, 15, 20, 30, 40, 50]
PUBLISHED_POSITIONS = {
    "2 layers": [1.676, 1.566, 1.233, 0.742, 0.588, 0.426, 0.275, 0.158, 0.143, 0.242],
    "4 layers": [1.677, 1.521, 1.057, 0.378, 0.213, 0.0995, 0.047, 0.020, 0.0145, 0.0157],
    "6 layers": [1.675, 1.516, 1.038, 0.308, 0.144, 0.0511, 0.023, 0.0112, 0.0093, 0.0093],
}
PUBLISHED_START = 0.36  # of the average of a stack that is hardly trained and the compression
PUBLISHED_LENGTH, PUBLISHED_END = 3500, 0.26  # of the training; loss of the stack after it
PUBLISHED_PROBES = {  # of six layers, input first, after 50 states
    "next state": [1.53, 0.49, 0.197, 0.043, 0.044, 0.029, 0.0075],
    "preconditioned input": [0.0053, 0.0028, 0.0016, 0.0013, 0.0009, 0.0018, 0.0019],
}
REFERENCES = {  # colour and dashes, label
    "gradient descent": ("gradient descent", "gradient descent", "one gradient step"),
    "Proposition 2": ("closed form", "closed form", "Proposition 2"),
    "Proposition 2, one late": ("closed form", "GD++", "Proposition 2, latest pair left out"),
}


def training(result: Result) -> Figure:
    """Figure 4B: loss during training, half-way to scaled identities, and these alone."""
    table = result.tables["interpolation"]
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    looks = {
        "trained": ("trained", "trained"),
        "interpolated": ("interpolated", "half-way to the compression"),
        "compressed": ("closed form", "compression of the trained stack"),
    }
    for model, (look, label) in looks.items():
        part = table[table["model"] == model]
        draw_lines(axes, part, "step", "loss", look=look, label=label)
    alone = metric(result, "compressed_mean_loss")
    axes.axhline(alone, color=ink(), lw=1.2, ls="-.", label="scaled identities, trained alone")
    if table["step"].max() >= PUBLISHED_LENGTH:
        draw_published(axes, [0], [PUBLISHED_START], COLOURS["interpolated"])
        draw_published(axes, [PUBLISHED_LENGTH], [PUBLISHED_END], COLOURS["trained"], label="_")
    axes.set(xlabel="training step", ylabel="loss", ylim=(0, 1.75))
    axes.legend()
    return figure


def products(result: Result) -> Figure:
    """Figure 9: products of the first head of every layer of the deepest stack."""
    return draw_products(products_of(result.params, "trained"), (WIDTH, 2.7))


def positions(result: Result) -> Figure:
    """Figure 4D: loss by the number of states read, for every depth; dashed: trained for longer."""
    table = result.tables["positions"]
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    stacks = [model for model in table["model"].unique() if model[0].isdigit()]
    stacks.sort(key=_depth)
    depths = sorted({_depth(model) for model in stacks})
    shades = dict(zip(depths, _shades(len(depths)), strict=True))
    for model in stacks:
        colour, line = shades[_depth(model)], "--" if "steps" in model else "-"
        label = model
        for _, one in table[table["model"] == model].groupby("seed"):
            axes.plot(one["t"], one["loss"], color=colour, ls=line, label=label)
            label = "_"
        if model in PUBLISHED_POSITIONS:
            told = "published" if _depth(model) == depths[-1] else "_"
            draw_published(axes, QUOTED, PUBLISHED_POSITIONS[model], colour, label=told)
    for model, (colour, dashes, label) in REFERENCES.items():
        one = table[table["model"] == model]
        look = {"color": COLOURS[colour], "ls": DASHES[dashes]}
        axes.plot(one["t"], one["loss"], **look, label=label)
    axes.set(xlabel="states read, t", ylabel="loss of the next state")
    use_log_axis(axes)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(
        handles.values(), handles.keys(), fontsize="x-small", ncols=2, loc="outside upper center"
    )
    return figure


def target_probe(result: Result) -> Figure:
    """Figure 4E: what every layer knows about the next state."""
    return _probe(result, "next state")


def preconditioned_probe(result: Result) -> Figure:
    """Figure 4F: what every layer knows about the preconditioned input."""
    return _probe(result, "preconditioned input")


def _probe(result: Result, target: str) -> Figure:
    table = result.tables["probes"]
    table = table[(table["target"] == target) & (table["scoring"] == "held out")]
    if target == "preconditioned input":
        table = table[table["t"] > 1]  # before any transition it is a multiple of the state
    means = table.groupby(["layer", "t"])["error"].mean()
    layers = sorted(table["layer"].unique())
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    for layer, colour in zip(layers, _shades(len(layers)), strict=True):
        curve = means.loc[layer]
        name = "input" if layer == 0 else f"layer {layer}"
        axes.plot(curve.index, curve.to_numpy(), color=colour, label=name)
        if len(layers) == len(PUBLISHED_PROBES[target]):
            told = "published, on its fit" if layer == layers[-1] else "_"
            draw_published(axes, [50], [PUBLISHED_PROBES[target][layer]], colour, label=told)
    use_log_axis(axes)
    axes.set_ylim(*((5e-4, 0.2) if target == "preconditioned input" else (5e-3, 3.0)))
    axes.set(xlabel="states read, t", ylabel="error of the probe")
    axes.legend(fontsize="x-small", ncols=2)
    return figure


def _depth(model: str) -> int:
    return int(model.split()[0])


def _shades(count: int) -> list[tuple[float, float, float, float]]:
    """Colours from early to late that stand out on light and dark pages."""
    colours = mpl.colormaps["viridis"]
    return [colours(0.9 - 0.65 * index / max(count - 1, 1)) for index in range(count)]
