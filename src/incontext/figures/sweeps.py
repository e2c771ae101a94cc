"""Figures of sweeps: the same quantity at many settings, from the table of a sweep's points."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_level
from incontext.figures.style import COLOURS, DASHES, WIDTH, letter
from incontext.records.types import Result

CONTEXT, DIMENSION, POSITIONS = "num_context", "input_dim", "position_dim"
LOOKS = {
    "o": COLOURS["trained"],
    "s": COLOURS["GD++"],
    "D": COLOURS["interpolated"],
    "P": COLOURS["mesa"],
}


def context_by_dimension(result: Result) -> Figure:
    """Loss of one trained layer and of the best gradient step, by examples and dimension."""
    table = _points(result)
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.2))
    for (_, part), (marker, colour) in zip(table.groupby(DIMENSION), LOOKS.items(), strict=False):
        _by_examples(left, part, marker, colour)
        _by_share(right, part, marker, colour)
    ratio = np.geomspace(0.4, 20.0)
    right.plot(ratio, 1 / (1 + ratio), color=COLOURS["closed form"], lw=0.9, label="1 / (1 + N/d)")
    left.set(xlabel="examples N", ylabel="loss", ylim=(0, None))
    right.set(xlabel="examples per dimension N/d", ylabel="loss / loss of zero")
    right.set(xscale="log", ylim=(0, 1))
    letter(left, "a  loss")
    letter(right, "b  one curve")
    left.legend(fontsize="x-small")
    right.legend(fontsize="x-small")
    return figure


def _points(result: Result) -> pd.DataFrame:
    """Every metric of every point; a setting is called as in the part that has it."""
    return result.tables["points"].rename(columns=lambda name: name.rpartition(".")[2])


def _by_examples(axes: Axes, part: pd.DataFrame, marker: str, colour: str) -> None:
    """A mark for every trained seed, and a line through the best single steps."""
    best = part[part["metric"] == "closed_form_loss"]
    axes.plot(best[CONTEXT], best["value"], color=colour, ls=DASHES["gradient descent"], lw=1.0)
    seeds = part[part["metric"] == "trained_loss"]
    name = f"d = {part[DIMENSION].iloc[0]}"
    axes.plot(seeds[CONTEXT], seeds["value"], marker, color=colour, ms=5, alpha=0.7, label=name)


def _by_share(axes: Axes, part: pd.DataFrame, marker: str, colour: str) -> None:
    """The same marks as a share of the loss of answering zero."""
    zero = part.loc[part["metric"] == "zero_predictor_loss", "value"].iloc[0]
    seeds = part[part["metric"] == "trained_loss"]
    ratio, share = seeds[CONTEXT] / seeds[DIMENSION], seeds["value"] / zero
    axes.plot(ratio, share, marker, color=colour, ms=5, alpha=0.7)


def size_of_positions(result: Result) -> Figure:
    """Where every seed of the copying network ends, and when it leaves the plateau."""
    table = _points(result)
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    sizes = sorted(table[POSITIONS].unique().tolist())
    one_step, zero = (
        table.loc[table["metric"] == name, "value"].iloc[0]
        for name in ("closed_form_loss", "zero_predictor_loss")
    )
    draw_level(left, 1.0, look="gradient descent", label="one gradient step")
    draw_level(left, zero / one_step, look="closed form", label="predict zero")
    _seeds_by_size(left, table, sizes, "final_over_one_step")
    _seeds_by_size(right, table, sizes, "plateau_end_step")
    left.set(ylabel="final loss / one gradient step", ylim=(0, None))
    right.set(ylabel="step that ends the plateau", ylim=(0, None))
    for axes in (left, right):
        axes.set(xlabel="position channels", xlim=(-0.6, len(sizes) - 0.4))
        axes.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    letter(left, "a  where seeds end")
    letter(right, "b  when they leave")
    left.legend(fontsize="x-small")
    return figure


def _seeds_by_size(axes: Axes, table: pd.DataFrame, sizes: list[int], metric: str) -> None:
    """A mark per seed above its size, side by side in the order of seeds."""
    part = table[table["metric"] == metric]
    aside = (part["seed"] + 0.5) / (table["seed"].max() + 1) - 0.5
    places = part[POSITIONS].map(sizes.index) + 0.5 * aside
    axes.plot(places, part["value"], "o", color=COLOURS["trained"], ms=4, alpha=0.7)
