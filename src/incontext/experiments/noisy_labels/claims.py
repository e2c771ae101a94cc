"""The numbers that claims about noisy labels refer to."""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.noisy_labels.panels import BEST


def add_noisy(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Networks beside their algorithms with the most noise, and beside the best step for it."""
    most = table["noisy"].max()
    loss = table[table["noisy"] == most].set_index(["depth", "model"])
    for depth, beside in ((1, "gradient descent"), (table["depth"].max(), "GD++")):
        part = table[table["depth"] == depth].set_index(["model", "noisy", "seed"])["loss"]
        ratio = part["trained"].unstack("seed").div(part[beside].unstack("seed").iloc[:, 0], axis=0)
        name = f"noisy_trained_over_{tables.slug(beside)}"
        rows.add(f"{name}_min", ratio.min(), ratio.columns)
        rows.add(f"{name}_max", ratio.max(), ratio.columns)
    trained = loss.loc[[(1, "trained")]]
    best = float(loss.loc[[(1, BEST)], "loss"].iloc[0])
    rows.add("noisy_trained_over_best_step", trained["loss"] / best, trained["seed"])
