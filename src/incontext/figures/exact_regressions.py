"""Paper B, Figures 5B and 20, from an exact-regressions result."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.style import COLOURS, DASHES, MARKERS, WIDTH, letter, published
from incontext.records.types import Result

LOOKS = {"least squares": "closed form", "kernel regression": "softmax"}
# The authors' stored results behind Figure 5B, means over five seeds, for n = 4 ... 60.
PUBLISHED_DIMS = (4, 6, 10, 20, 40, 60)
PUBLISHED = {
    "least squares": (0.0328, 0.0285, 0.0264, 0.0247, 0.0231, 0.0223),
    "kernel regression": (0.0798, 0.0780, 0.0844, 0.0947, 0.1076, 0.1150),
}
# Read off Figure 20 at n = 60, by the standard deviation of the noise: least squares, kernel.
PUBLISHED_NOISY = {0.1: (None, 0.6), 0.25: (0.2, 3.7), 0.5: (0.8, 15.2)}


def by_dimension(result: Result) -> Figure:
    """Figure 5B: both losses by dimension, with the usual noise."""
    table = result.tables["dimensions"]
    figure, panel = plt.subplots(figsize=(0.7 * WIDTH, 3.2))
    _losses(panel, table[table["noise"] == table["noise"].min()])
    for values in PUBLISHED.values():
        published(panel, PUBLISHED_DIMS, values)
    panel.set(ylabel="loss per dimension", ylim=(0, None))
    handles, labels = panel.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    panel.legend(once.values(), once.keys(), fontsize="small")
    return figure


def by_noise(result: Result) -> Figure:
    """Figure 20: the same with more noise, one panel per standard deviation."""
    table = result.tables["dimensions"]
    noises = sorted(table["noise"].unique())[1:] or [table["noise"].min()]
    figure, row = plt.subplots(1, len(noises), figsize=(WIDTH, 2.8), squeeze=False)
    for panel, noise in zip(row[0], noises, strict=True):
        _losses(panel, table[table["noise"] == noise])
        shown = [value for value in PUBLISHED_NOISY.get(noise, ()) if value is not None]
        published(panel, [60] * len(shown), shown)
        panel.set(yscale="log")
        letter(panel, f"noise {noise:g}")
    row[0][0].set_ylabel("loss per dimension")
    row[0][-1].legend(fontsize="x-small")
    return figure


def _losses(axes: Axes, table: pd.DataFrame) -> None:
    for model, look in LOOKS.items():
        part = table[table["model"] == model]
        axes.plot(part["state_dim"], part["loss_per_dimension"], MARKERS[look], ls=DASHES[look],
                  color=COLOURS[look], label=model)  # fmt: skip
    axes.set(xlabel="dimension of a state")
