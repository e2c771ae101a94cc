"""Arrays into tidy tables."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from jaxtyping import PyTree

from incontext.analysis.learners import NO_SEED
from incontext.networks.network import Networks


class MetricRows:
    """The "metrics" table in the making: the numbers that claims refer to."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, float]] = []

    def add(self, metric: str, values: PyTree, seeds: Iterable[int] = (NO_SEED,)) -> None:
        """Add one value per seed, or a single value that belongs to no seed."""
        for seed, value in zip(seeds, np.atleast_1d(np.asarray(values, float)), strict=True):
            self._rows.append((metric, int(seed), float(value)))

    def table(self) -> pd.DataFrame:
        """Columns metric, seed, value."""
        return pd.DataFrame(self._rows, columns=["metric", "seed", "value"])


def curves(
    networks: Networks, model: str, along: Mapping[str, np.ndarray] | None = None
) -> pd.DataFrame:
    """Loss, and measures [S, K] of the weights kept, over training.

    Columns model, seed, step, metric, value.
    """
    frames = [
        long(networks.losses, {"seed": networks.seeds, "step": networks.steps}, "value").assign(
            metric="loss"
        )
    ]
    for name, values in (along or {}).items():
        if values.ndim == 2:
            axes = {"seed": networks.seeds, "step": networks.kept_steps}
            frames.append(long(values, axes, "value").assign(metric=name))
    table = pd.concat(frames, ignore_index=True).assign(model=model)
    return table[["model", "seed", "step", "metric", "value"]]


def long(array: PyTree, axes: Mapping[str, PyTree], value: str) -> pd.DataFrame:
    """One row per entry of an array whose axes are named and labelled."""
    index = pd.MultiIndex.from_product([list(labels) for labels in axes.values()], names=list(axes))
    return pd.DataFrame({value: np.asarray(array).reshape(-1)}, index=index).reset_index()


def slug(title: str) -> str:
    """A title as part of the name of a metric, such as "5_layers_gdpp"."""
    return title.lower().replace("++", "pp").replace(", ", "_").replace(" ", "_")
