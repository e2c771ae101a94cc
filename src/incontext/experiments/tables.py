"""Arrays into tidy tables, and parameters into flat names."""

from collections.abc import Iterable, Mapping, Sequence

import haiku as hk
import numpy as np
import pandas as pd
from jaxtyping import PyTree

from incontext.analysis.learners import NO_SEED
from incontext.training.state import Trained


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


def curves(trained: Trained, seeds: Sequence[int], model: str) -> pd.DataFrame:
    """Scalar metrics over training: columns model, seed, step, metric, value."""
    frames = [
        long(
            values,
            {"seed": list(seeds), "step": trained.steps},
            value="value",
        ).assign(metric=name, model=model)
        for name, values in trained.history.items()
        if values.ndim == 2
    ]
    return pd.concat(frames, ignore_index=True)[["model", "seed", "step", "metric", "value"]]


def long(array: PyTree, axes: Mapping[str, PyTree], value: str) -> pd.DataFrame:
    """One row per entry of an array whose axes are named and labelled."""
    index = pd.MultiIndex.from_product([list(labels) for labels in axes.values()], names=list(axes))
    return pd.DataFrame({value: np.asarray(array).reshape(-1)}, index=index).reset_index()


def slug(title: str) -> str:
    """A title as part of the name of a metric, such as "5_layers_gdpp"."""
    return title.lower().replace("++", "pp").replace(", ", "_").replace(" ", "_")


def flatten(prefix: str, params: hk.Params) -> dict[str, np.ndarray]:
    """Haiku parameters under flat names such as "trained/layer_0/query"."""
    return {
        f"{prefix}/{module}/{name}": np.asarray(array)
        for module, arrays in params.items()
        for name, array in arrays.items()
    }


def unflatten(prefix: str, params: Mapping[str, np.ndarray]) -> hk.Params:
    """Inverse of `flatten`."""
    nested: dict[str, dict[str, PyTree]] = {}
    for flat, array in params.items():
        if flat.startswith(f"{prefix}/"):
            module, name = flat.removeprefix(f"{prefix}/").rsplit("/", 1)
            nested.setdefault(module, {})[name] = array
    return nested
