"""The panels that follow from a trained layer."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from incontext.analysis import compression
from incontext.experiments import sequences, tables
from incontext.experiments.causal_layer.config import Config
from incontext.experiments.causal_layer.model import (
    evaluation_index,
    predict_with,
    snapshot,
)
from incontext.experiments.sequences import Learner, Network, position_losses
from incontext.models.attention import Products
from incontext.training.devices import over_seeds


def positions(config: Config, learners: Sequence[Learner]) -> pd.DataFrame:
    """Loss of every learner at every position.  Paper B, Figure 4C."""
    test = sequences.fixed_trajectories(config.task, config.test_size, 1)
    return sequences.positions_table(learners, test)


def interpolation(config: Config, network: Network) -> pd.DataFrame:
    """Loss during training: the layer, and its average with a later compression.

    The weights of step compressed_at are reduced to scaled identities; the products of
    every evaluated step are averaged with these.  The compression itself is the row
    "compressed" at every step.  Paper B, Figure 4A.

    The paper trains a second time from the same initial weights; with the same seed that
    repeats the first training, so that its kept weights serve.
    """
    size, steps = config.task.state_dim, network.trained.steps
    final = snapshot(network, evaluation_index(steps, config.compressed_at))
    trajectory = sequences.fixed_trajectories(config.task, config.interpolation.evaluation_size, 0)

    @jax.jit
    def losses(history: Products, final: Products) -> tuple[Array, Array]:
        fixed = compression.expand(compression.compress(final, size), size)

        def loss(layer: Products) -> Array:
            return jnp.mean(position_losses(predict_with(config, layer, trajectory), trajectory))

        def along(pair: tuple[Products, Products]) -> Array:
            history, compressed = pair
            return jax.lax.map(lambda now: loss(compression.halfway(now, compressed)), history)

        return over_seeds(along)((history, fixed)), over_seeds(loss)(fixed)

    history = Products(*(network.trained.history[name] for name in Products._fields))  # pyright: ignore[reportArgumentType]
    halfway, compressed = losses(history, final)
    labels = {"seed": network.seeds, "step": steps}
    curves = {
        "trained": network.trained.history["loss"],
        "interpolated": halfway,
        "compressed": np.repeat(np.asarray(compressed)[:, None], len(steps), axis=1),
    }
    frames = [
        tables.long(values, labels, value="loss").assign(model=name)
        for name, values in curves.items()
    ]
    return pd.concat(frames, ignore_index=True)[["model", "seed", "step", "loss"]]


def weights(network: Network) -> dict[str, Array]:
    """Products of every seed at the end of training.  Paper B, Figure 3B."""
    products = snapshot(network, -1)
    return {f"products/{name}": value for name, value in products._asdict().items()}
