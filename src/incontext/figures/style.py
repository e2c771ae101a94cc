"""One look for all figures: sizes, colours by learner, light and dark."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart with any colour vision; the line style tells in grey.
COLOURS = {
    "trained": "#0072B2",
    "gradient descent": "#D55E00",
    "GD++": "#009E73",
    "interpolated": "#E69F00",
    "closed form": "#7F7F7F",
    "clipped": "#56B4E9",
    "softmax": "#56B4E9",
    "mesa": "#CC79A7",
}
DASHES = {
    "trained": "-",
    "gradient descent": (0, (5, 1.5)),
    "GD++": (0, (5, 1.5, 1, 1.5)),
    "interpolated": (0, (1, 1)),
    "closed form": (0, (1, 2.5)),
    "clipped": (0, (3, 1)),
    "softmax": (0, (3, 1)),
    "mesa": "-",
}
MARKERS = {
    "trained": "o",
    "gradient descent": "v",
    "GD++": "s",
    "interpolated": "P",
    "closed form": "_",
    "clipped": "D",
    "softmax": "D",
    "mesa": "^",
}
INK = {"light": "#1A1A1A", "dark": "#E6E6E6"}
PUBLISHED = {"marker": "x", "linestyle": "none", "markersize": 7, "markeredgewidth": 1.8}
WIDTH = 6.6  # inches: text stays legible when a phone shows the figure at half its size


@contextlib.contextmanager
def style(theme: str = "light") -> Iterator[None]:
    """Switch the book's style on for a light or a dark page.

    Raises:
        ValueError: if the theme is neither "light" nor "dark".
    """
    if theme not in INK:
        raise ValueError(f"theme is {theme!r}; use 'light' or 'dark'.")
    ink = INK[theme]
    settings: dict[Any, Any] = {
        **sns.axes_style("ticks"),
        **sns.plotting_context("paper", font_scale=1.25),
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "savefig.bbox": "tight",
        "savefig.dpi": 160,
        "axes.grid": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "grid.color": ink,
        "grid.alpha": 0.2,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "svg.hashsalt": "incontext",
        "figure.constrained_layout.use": True,
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), ink
        ),
    }
    with mpl.rc_context(settings):
        yield


def ink() -> str:
    """Colour of text and of published markers on the current page."""
    return str(mpl.rcParams["text.color"])


def published(axes: Axes, x: Sequence[int | float], y: Sequence[int | float]) -> None:
    """Mark values read off the paper's plots."""
    axes.plot(x, y, color=ink(), label="published", zorder=5, **PUBLISHED)


def letter(axes: Axes, text: str) -> None:
    """Title of a panel."""
    axes.set_title(text, fontsize="medium")
