"""Tables of Figures 3 and 7: losses, scales, step sizes, and what clipping is for."""

from collections.abc import Iterable, Mapping, Sequence

import jax
import numpy as np
import pandas as pd

from incontext.analysis import learners
from incontext.analysis.learners import NO_SEED, Learner
from incontext.analysis.products import implied_step
from incontext.baselines.descent import Descent
from incontext.experiments import comparison, tables
from incontext.experiments.comparison import ScaleSweep
from incontext.experiments.gdpp_depth.config import Config
from incontext.experiments.gdpp_depth.model import Comparison
from incontext.models.transformer import layer_products
from incontext.tasks.fixed import evaluation_key

LARGEST = 1e30  # losses beyond are counted as this


def curves(
    compared: Iterable[Comparison], along: Mapping[str, Mapping[str, np.ndarray]]
) -> pd.DataFrame:
    """Loss and measures by depth over training; the column model names the depth."""
    frames = [
        tables.curves(one.network, one.depth.title, along[one.depth.title]) for one in compared
    ]
    return pd.concat(frames, ignore_index=True)


def losses(config: Config, several: Mapping[str, Sequence[Learner]]) -> pd.DataFrame:
    """Loss on fresh tasks: columns depth, model, seed, loss, standard_error."""
    frames = []
    for title, compared in several.items():
        estimates = comparison.final_losses(
            config.task, compared, batch_size=config.batch_size, num_batches=config.final_batches
        )
        frames.append(comparison.loss_table(compared, estimates).assign(depth=title))
    return pd.concat(frames, ignore_index=True)


def scales(config: Config, several: Mapping[str, Sequence[Learner]]) -> pd.DataFrame:
    """Loss on inputs and targets unlike those of training, by depth."""
    sweep = ScaleSweep(config.input_scales, config.target_scales, num_tasks=config.batch_size)
    frames = [sweep.table(config.task, one).assign(depth=title) for title, one in several.items()]
    return pd.concat(frames, ignore_index=True)


def steps(compared: Iterable[Comparison]) -> pd.DataFrame:
    """Step size and curvature of every layer: columns depth, model, seed, layer, ..."""
    rows = []
    for one in compared:
        for layer in range(one.depth.num_layers):
            for name, descent in (("gradient descent", one.gradient_descent), ("GD++", one.gdpp)):
                numbers = descent.step_sizes[layer], descent.curvatures[layer]
                rows.append((one.depth.title, name, NO_SEED, layer, *numbers))
            implied = trained_step(one, layer)
            for seed, eta, gamma in zip(one.network.seeds, *implied, strict=True):
                rows.append((one.depth.title, "trained", seed, layer, float(eta), float(gamma)))
    columns = ["depth", "model", "seed", "layer", "step_size", "curvature"]
    return pd.DataFrame(rows, columns=columns)


def trained_step(one: Comparison, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """Step sizes [S] and curvatures [S] read off the weights of a trained layer."""
    index, width = 0 if one.depth.shape.tied else layer, one.depth.task.input_dim
    step = jax.jit(lambda p: implied_step(layer_products(p, index), width))(one.network.params)
    return np.asarray(step.step_size)[:, 0], np.asarray(step.curvature)[:, 0]


def clipping(config: Config, gdpp: Descent) -> pd.DataFrame:
    """Loss of tuned GD++ with and without its bound, batch by batch of the same fresh tasks.

    Columns bound ("clipped" or "free"), batch, mean, median, largest.
    """
    free = Descent(gdpp.step_sizes, gdpp.curvatures)
    compared = [learners.algorithm("clipped", gdpp), learners.algorithm("free", free)]
    rows = []
    for batch in range(max(config.final_batches, 10)):
        prompt = config.task.sample(config.batch_size, key=evaluation_key(200 + batch))
        for learner in compared:
            values = np.asarray(learners.losses(learner, prompt)[0], np.float64)
            values = np.nan_to_num(values, nan=LARGEST, posinf=LARGEST)
            rows.append((learner.name, batch, values.mean(), np.median(values), values.max()))
    return pd.DataFrame(rows, columns=["bound", "batch", "mean", "median", "largest"])
