"""The layer reduced to two numbers per head, and least squares."""

import jax
import jax.numpy as jnp
import pandas as pd
from jax import Array

from incontext.analysis import learners, ridges
from incontext.analysis.learners import Learner
from incontext.analysis.ridges import HeadRidges
from incontext.baselines import least_squares
from incontext.experiments.mesa.config import Config
from incontext.experiments.sequences import position_losses
from incontext.models import constructed_mesa
from incontext.models.sequence import SequenceConfig, build
from incontext.networks.network import Networks
from incontext.tasks import channels


def is_mesa(layer: Networks) -> bool:
    """Whether the one layer has a lambda to read, as mesa layers do."""
    return "ridge_scale" in layer.params["layer_0"]


def reduced(config: Config, mesa: Networks) -> Learner:
    """The trained layer rebuilt from two numbers per head."""
    found = ridges.read(mesa.params["layer_0"], config.task.state_dim)
    return learners.network(
        "two numbers per head",
        lambda numbers, t: predict_regressions(numbers, t.inputs),
        found,
        mesa.seeds,
    )


def predict_regressions(numbers: HeadRidges, states: Array) -> Array:
    """Predictions of a constructed mesa layer, [B, T, n]."""
    size, heads = states.shape[-1], numbers.gain.shape[0]
    network = SequenceConfig(kinds=("mesa",), num_heads=heads, key_size=size, token_clip=None)
    params = constructed_mesa.ridge_regressions(numbers.gain, numbers.ridge, size)
    return build(network, size).apply(params, channels.constructed_once(states))


def sweep_ridges(config: Config) -> pd.DataFrame:
    """Mean loss of least squares for every candidate ridge: columns ridge, loss."""
    trajectory = config.layer.evaluation_batch()

    @jax.jit
    def losses(candidates: Array) -> Array:
        def loss(ridge: Array) -> Array:
            predictions = least_squares.predict(trajectory.inputs, ridge)
            return jnp.mean(position_losses(predictions, trajectory))

        return jax.vmap(loss)(candidates)

    found = losses(jnp.asarray(config.ridges))
    return pd.DataFrame({"ridge": config.ridges, "loss": found})


def algorithms(sweep: pd.DataFrame) -> list[Learner]:
    """Least squares without a ridge, with the best one of a sweep, and as published.

    The stored curve of exact least squares behind Figure 7A leaves the latest pair out.
    """
    best = float(sweep.loc[sweep["loss"].idxmin(), "ridge"])
    return [
        learners.algorithm("least squares", lambda t: least_squares.predict(t.inputs)),
        learners.algorithm(
            "least squares, best ridge", lambda t: least_squares.predict(t.inputs, best)
        ),
        learners.algorithm(
            "least squares, one late", lambda t: least_squares.predict(t.inputs, delay=1)
        ),
    ]
