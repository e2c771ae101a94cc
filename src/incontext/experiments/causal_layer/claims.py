"""The numbers that claims about one causal layer refer to."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Key

from incontext.analysis import compression
from incontext.baselines import causal_gradient_step
from incontext.experiments import sequences, tables
from incontext.experiments.causal_layer.config import Config
from incontext.experiments.causal_layer.model import best_learning_rate, reduce_layer
from incontext.experiments.interpolation import last_losses
from incontext.models import constructed_sequence
from incontext.models.attention import merge
from incontext.models.sequence import SequenceConfig, build
from incontext.networks.network import Networks
from incontext.tasks import channels
from incontext.tasks.fixed import evaluation_key

LATE = (30, 50)  # lengths at which the published curves are quoted


def add_constructions(config: Config, rows: tables.MetricRows) -> None:
    """How exactly a constructed layer is a gradient step, and the best step's learning rate."""
    rows.add("construction_error_float32", construction_error())
    with jax.enable_x64(True):
        rows.add("construction_error_float64", construction_error())
    rows.add("best_learning_rate", best_learning_rate(config))


def construction_error() -> float:
    """Largest relative gap between Proposition 1's layer and an explicit step, every position.

    For random states with n = 5, T = 13 and Phi_0 = 0, in the precision that is switched on.
    """
    return float(_construction_error(evaluation_key(100)))


@jax.jit
def _construction_error(key: Key[Array, ""]) -> Array:
    size, rate = 5, 0.37
    states = jax.random.normal(key, (7, 13, size))
    tokens = channels.constructed(states)
    config = SequenceConfig(num_heads=1, key_size=2 * size, token_clip=None)
    params = constructed_sequence.gradient_steps(jnp.zeros((size, size)), [rate])
    layer = build(config, size).apply(params, tokens)
    step = causal_gradient_step.predict(states, rate)
    return jnp.max(jnp.abs(layer - step)) / jnp.max(jnp.abs(step))


def add_losses(positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Losses over the length, and the trained layer beside one step and beside eight numbers."""
    by_model = sequences.losses_by_model(positions)
    trained, step = by_model["trained"], by_model["gradient descent"].iloc[0]
    seeds = trained.index
    rows.add("mean_loss", trained.mean(axis=1), seeds)
    rows.add("first_position_loss", trained[1], seeds)
    rows.add("gradient_step_mean_loss", step.mean())
    rows.add("mean_over_gradient_step", trained.mean(axis=1) / step.mean(), seeds)
    for t in LATE:
        if t in trained:
            rows.add(f"loss_at_{t}", trained[t], seeds)
    ratio = by_model["compressed"].mean(axis=1) / trained.mean(axis=1)
    rows.add("compressed_over_trained", ratio, seeds)


def add_weights(config: Config, layer: Networks, rows: tables.MetricRows) -> None:
    """The eight numbers of the layer: learning rate, Phi_0, and what Proposition 1 has not."""
    products, size = merge(layer.params["layer_0"]), config.task.state_dim
    numbers = np.asarray(reduce_layer(products, size))
    others = np.abs(numbers)
    others[:, 0, 1, 0] = others[:, 1, 1, 0] = 0.0
    shares = jax.jit(compression.kept_share, static_argnums=1)(products, size)
    rows.add("effective_learning_rate", numbers[:, 0, 1, 0], layer.seeds)
    rows.add("initial_weight_term", np.abs(numbers[:, 1, 1, 0]), layer.seeds)
    rows.add("largest_other_term", others.max(axis=(1, 2, 3)), layer.seeds)
    rows.add("kept_share_min", np.min(np.asarray(shares), axis=(0, 2)), layer.seeds)


def add_interpolation(curve: pd.DataFrame, rows: tables.MetricRows) -> None:
    """The end of Figure 4A."""
    last = last_losses(curve)
    rows.add("interpolation_end_over_trained", last["interpolated"] / last["trained"], last.index)
