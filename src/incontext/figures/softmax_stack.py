"""Paper B, Figure 6, from a softmax-stack result."""

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_lines,
    draw_published,
    draw_shared_legend,
    few_ticks,
    use_log_axis,
)
from incontext.figures.style import WIDTH, letter, published
from incontext.records.types import Result

# Means of the authors' stored results, at these numbers of states read.
QUOTED = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50]
PUBLISHED_POSITIONS = {
    "3 layers": [1.846, 1.677, 1.525, 1.198, 0.494, 0.2018, 0.1253, 0.0773, 0.0638, 0.0572],
    "7 layers": [1.7226, 1.632, 1.477, 1.146, 0.3014, 0.0486, 0.0255, 0.0154, 0.0131, 0.0118],
}
PUBLISHED_PROBES = {  # of seven layers, input first, after 50 states
    "next state": [1.62, 1.376, 0.798, 0.422, 0.262, 0.114, 0.0374, 0.0092],
    "preconditioned input": [0.00575, 0.00494, 0.00415, 0.00329, 0.00219, 0.00183, 0.00191,
                             0.00198],
}  # fmt: skip


def inside(result: Result) -> Figure:
    """Figure 6: both probes of the deepest stack, and losses beside as many iterations."""
    figure, row = plt.subplots(1, 3, figsize=(WIDTH, 3.3))
    _probe(row[0], result, "next state")
    letter(row[0], "a  next state")
    row[0].set(ylabel="error of the probe")
    _probe(row[1], result, "preconditioned input")
    letter(row[1], "b  preconditioned")
    _losses(row[2], result)
    letter(row[2], "c  losses")
    for panel in row:
        use_log_axis(panel)
        panel.set(xlabel="states read, t")
        few_ticks(panel, 3)
    draw_shared_legend(figure, row)
    return figure


def _probe(axes: Axes, result: Result, target: str) -> None:
    """One curve per layer, scored on the sequences of the fit as published."""
    table = result.tables["probes"]
    table = table[(table["target"] == target) & (table["scoring"] == "training") & (table["t"] > 1)]
    means = table.groupby(["layer", "t"])["error"].mean()
    layers = sorted(table["layer"].unique())
    for layer in layers:
        curve, colour = means.loc[layer], _shade(layer / layers[-1])
        name = "input" if layer == 0 else f"layer {layer}"
        axes.plot(curve.index, curve.to_numpy(), color=colour, lw=1.2, label=f"probe, {name}")
    if len(layers) == len(PUBLISHED_PROBES[target]):
        published(axes, [50] * len(layers), PUBLISHED_PROBES[target])


def _losses(axes: Axes, result: Result) -> None:
    table = result.tables["positions"]
    names = sorted({one for one in table["model"].unique() if one[0].isdigit()}, key=_count)
    for index, model in enumerate(names):
        colour, label = _shade(1.0 - 0.5 * index), f"{model}, trained"
        for _, one in table[table["model"] == model].groupby("seed"):
            axes.plot(one["t"], one["loss"], color=colour, label=label)
            label = "_"
        if model in PUBLISHED_POSITIONS and table["t"].max() == max(QUOTED):
            draw_published(axes, QUOTED, PUBLISHED_POSITIONS[model], colour)
    for layers, look in ((3, "gradient descent"), (7, "closed form")):
        model = f"Proposition 2, {layers} layers"
        draw_lines(axes, table[table["model"] == model], "t", "loss", look=look, label=model)


def _count(model: str) -> int:
    return int(model.split()[0])


def _shade(share: float) -> tuple[float, float, float, float]:
    """Colours from early to late that stand out on light and dark pages."""
    return mpl.colormaps["viridis"](0.9 - 0.65 * share)
