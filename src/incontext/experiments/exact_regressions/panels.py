"""The table behind the figures."""

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import pandas as pd
from jax import Array

from incontext.baselines.past_regressions import kernel_losses, ridge_losses
from incontext.experiments.exact_regressions.config import Config
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory

DELAY = 1  # the published curves leave the latest transition out
TEST, TUNING = 1, 6  # purposes of fixed sequences


@dataclasses.dataclass(frozen=True)
class FreeDynamics(LinearDynamics):
    """Linear dynamics whose states are not clipped, however far noise carries them.

    Source: paper B, Figure 20, whose loss of 15.2 for noise 0.5 and n = 60 is that of predicting
    zero without a clip, 1/2 (1/3 + 0.25 * 120); the authors' generator clips at 10, and a first run
    with that clip had 6.6.
    """

    state_bound: ClassVar[float] = math.inf


LOSSES = {
    "least squares": jax.jit(lambda batch, some: _mean(ridge_losses, batch, some)),
    "kernel regression": jax.jit(lambda batch, some: _mean(kernel_losses, batch, some)),
}


def _mean(losses: Callable[..., Array], batch: Trajectory, settings: Array) -> Array:
    """Mean over positions, for every setting."""
    return losses(batch, settings, delay=DELAY).mean(axis=-1)


def dimensions(config: Config) -> pd.DataFrame:
    """Loss of both regressions by noise and dimension, each with its best setting.

    Columns noise, state_dim, model, setting, loss_per_dimension.  Paper B, Figures 5B and 20.
    """
    settings = {"least squares": config.ridges, "kernel regression": config.sharpnesses}
    rows = []
    for noise in config.noises:
        for size in config.state_dims:
            task = FreeDynamics(size, 4 * size, noise)
            tuning = fixed_batch(task, config.tuning_size, TUNING)
            test = fixed_batch(task, config.test_size, TEST)
            for model, candidates in settings.items():
                found = LOSSES[model](tuning, jnp.asarray(candidates))
                best = candidates[int(jnp.argmin(found))]
                loss = float(LOSSES[model](test, jnp.asarray([best]))[0]) / size
                rows.append((noise, size, model, best, loss))
    columns = ["noise", "state_dim", "model", "setting", "loss_per_dimension"]
    return pd.DataFrame(rows, columns=columns)
