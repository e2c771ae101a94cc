"""Tables of Figures 3 and 7: losses, scales, step sizes, and what clipping is for."""

from collections.abc import Iterable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from incontext.analysis.alignment import squared_error
from incontext.analysis.learners import NO_SEED, Learner
from incontext.analysis.products import implied_step
from incontext.experiments import comparison, prompts, tables
from incontext.experiments.comparison import ScaleSweep
from incontext.experiments.gdpp_depth.config import Config
from incontext.experiments.gdpp_depth.model import Comparison
from incontext.experiments.step_sizes import Descent
from incontext.models.transformer import layer_products

LARGEST = 1e30  # losses beyond are counted as this


def curves(compared: Iterable[Comparison]) -> pd.DataFrame:
    """Metrics over training, the column model names the depth."""
    frames = [tables.curves(one.network.trained, one.network.seeds, one.title) for one in compared]
    return pd.concat(frames, ignore_index=True)


def losses(config: Config, learners: Mapping[str, Sequence[Learner]]) -> pd.DataFrame:
    """Loss on fresh tasks: columns depth, model, seed, loss, standard_error."""
    frames = []
    for title, several in learners.items():
        estimates = comparison.final_losses(
            config.task, several, batch_size=config.batch_size, num_batches=config.final_batches
        )
        frames.append(comparison.loss_table(several, estimates).assign(depth=title))
    return pd.concat(frames, ignore_index=True)


def scales(config: Config, learners: Mapping[str, Sequence[Learner]]) -> pd.DataFrame:
    """Loss on inputs and targets unlike those of training, by depth."""
    sweep = ScaleSweep(config.input_scales, config.target_scales, num_tasks=config.batch_size)
    frames = [
        sweep.table(config.task, several).assign(depth=title) for title, several in learners.items()
    ]
    return pd.concat(frames, ignore_index=True)


def steps(compared: Iterable[Comparison]) -> pd.DataFrame:
    """Step size and curvature of every layer: columns depth, model, seed, layer, ..."""
    rows = []
    for one in compared:
        for layer in range(one.depth.num_layers):
            for name, descent in (("gradient descent", one.gradient_descent), ("GD++", one.gdpp)):
                numbers = descent.step_sizes[layer], descent.curvatures[layer]
                rows.append((one.title, name, NO_SEED, layer, *numbers))
            implied = trained_step(one, layer)
            for seed, eta, gamma in zip(one.network.seeds, *implied, strict=True):
                rows.append((one.title, "trained", seed, layer, float(eta), float(gamma)))
    columns = ["depth", "model", "seed", "layer", "step_size", "curvature"]
    return pd.DataFrame(rows, columns=columns)


def trained_step(one: Comparison, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """Step sizes [S] and curvatures [S] read off the weights of a trained layer."""
    params, index = one.network.trained.params, 0 if one.depth.tied else layer
    width = one.network.config.token_dim - 1
    step = jax.jit(lambda p: implied_step(layer_products(p, index), width))(params)
    return np.asarray(step.step_size)[:, 0], np.asarray(step.curvature)[:, 0]


def clipping(config: Config, gdpp: Descent) -> pd.DataFrame:
    """Loss of tuned GD++ with and without its bound, batch by batch of the same fresh tasks.

    Columns bound ("clipped" or "free"), batch, mean, median, largest.
    """

    @jax.jit
    def measure(key: jax.Array) -> dict[str, jax.Array]:
        prompt = config.task.sample(config.batch_size, key=key)
        free = Descent(gdpp.step_sizes, gdpp.curvatures)
        return {
            name: jnp.nan_to_num(squared_error(descent, prompt), nan=LARGEST, posinf=LARGEST)
            for name, descent in (("clipped", gdpp), ("free", free))
        }

    rows = []
    for batch in range(max(config.final_batches, 10)):
        for name, loss in measure(prompts.evaluation_key(200 + batch)).items():
            values = np.asarray(loss, np.float64)
            rows.append((name, batch, values.mean(), np.median(values), values.max()))
    return pd.DataFrame(rows, columns=["bound", "batch", "mean", "median", "largest"])
