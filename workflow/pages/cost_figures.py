"""Pictures of the Cost page, drawn from the benchmarks' committed results."""

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_shared_legend
from incontext.figures.style import COLOURS, DASHES, MARKERS, letter
from pages.still_pictures import both, element

mpl.use("agg")

LOOKS = {
    "whole step": "trained",
    "drawing the batch": "closed form",
    "linear": "gradient descent",
    "softmax": "softmax",
    "mesa": "mesa",
}
NARROW = 4.6  # inches: two panels side by side stay legible on a phone
TITLES = {
    "context": "a  examples N",
    "inputs": "b  inputs d",
    "layers": "c  layers L",
    "seeds": "d  seeds S",
    "positions": "e  positions T",
}
SYMBOLS = {"context": "N", "inputs": "d", "layers": "L", "seeds": "S", "positions": "T"}

CAPTION = (
    "display: block !important; text-align: left; font-size: 0.9em; margin-top: 0.5em; "
    "color: inherit; font-weight: normal"
)

Rows = Sequence[Mapping[str, Any]]


def scaling(parts: Mapping[str, Rows]) -> tuple[bytes, bytes]:
    """Milliseconds against every size, both axes logarithmic, light and dark."""

    def draw() -> Figure:
        figure, panels = plt.subplots(3, 2, figsize=(NARROW, 6.4))
        used = list(panels.flat)
        for axes, (name, rows) in zip(used, parts.items(), strict=False):
            _panel(axes, rows, SYMBOLS[name])
            letter(axes, TITLES[name])
        for axes in used[len(parts) :]:
            axes.set_visible(False)
        for row in panels:
            row[0].set_ylabel("ms per step")
        draw_shared_legend(figure, used[: len(parts)], columns=2)
        return figure

    return both(draw)


def _panel(axes: Axes, rows: Rows, symbol: str) -> None:
    curves: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if symbol in row:
            curves.setdefault(row["curve"], []).append(row)
    for name, points in curves.items():
        sizes = [row[symbol] for row in points]
        spread = [row["ms per step"] for row in points]
        look = LOOKS[name]
        axes.plot(sizes, [one["median"] for one in spread], color=COLOURS[look], ls=DASHES[look],
                  marker=MARKERS[look], ms=4, label=label(name))  # fmt: skip
        axes.fill_between(sizes, [one["low"] for one in spread], [one["high"] for one in spread],
                          color=COLOURS[look], alpha=0.25, lw=0)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel=symbol)
    axes.minorticks_off()


def label(name: str) -> str:
    """What a curve is called in the legend."""
    return f"whole step, {name} layer" if name in ("linear", "softmax", "mesa") else name


def plan(rows: Rows, gpus: Sequence[int]) -> tuple[bytes, bytes]:
    """Shares of the least time, by what takes it, for growing numbers of GPUs."""
    looks = {"launches": "trained", "bandwidth": "interpolated", "arithmetic": "GD++",
             "start": "closed form"}  # fmt: skip
    hatches = {"launches": "", "bandwidth": "//", "arithmetic": "..", "start": "xx"}
    total = rows[-1]

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(NARROW, 3.2))
        places = range(len(gpus))
        bottom = [0.0] * len(gpus)
        for name, look in looks.items():
            heights = [total[f"shares on {n} GPU"][name] for n in gpus]
            axes.bar(places, heights, bottom=bottom, color=COLOURS[look], label=name,
                     hatch=hatches[name], edgecolor=mpl.rcParams["text.color"], lw=0.6)  # fmt: skip
            bottom = [a + b for a, b in zip(bottom, heights, strict=True)]
        for place, n in zip(places, gpus, strict=True):
            hours = f"{total[f'hours on {n} GPU']:.2g} h"
            axes.text(place, 1.02, hours, ha="center", va="bottom", fontsize="small")
        axes.set(xlabel="GPUs", ylabel="share of the time", ylim=(0, 1.12))
        axes.set_xticks(list(places), [str(n) for n in gpus])
        draw_shared_legend(figure, [axes], columns=2)
        return figure

    return both(draw)


def figure(name: str, draw: Callable[[], tuple[bytes, bytes]], alt: str, caption: str) -> str:
    """A picture for light and dark pages with its caption, as raw HTML of a page."""
    pictures = "".join(
        element(svg, alt, theme) for svg, theme in zip(draw(), ("light", "dark"), strict=True)
    )
    text = f'<figcaption style="{CAPTION}">{html.escape(caption)}</figcaption>'
    return f'```{{raw}} html\n<figure id="cost-{name}">{pictures}{text}</figure>\n```'
