"""The numbers that claims about the softmax stack refer to."""

import pandas as pd

from incontext.experiments import sequences, tables
from incontext.experiments.softmax_stack.config import Config, title


def add_losses(config: Config, positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Means over the length and the ends, and the deepest over the shallowest."""
    by_model = sequences.losses_by_model(positions)
    for model, losses in by_model.items():
        name = tables.slug(model)
        rows.add(f"{name}_mean_loss", losses.mean(axis=1), losses.index)
        rows.add(f"{name}_last_loss", losses.iloc[:, -1], losses.index)
    first, last = (by_model[title(config.stacks[one].training)].mean(axis=1) for one in (0, -1))
    ratio = (last / first).dropna()  # seeds that both have
    rows.add("deepest_over_shallowest", ratio, ratio.index)
