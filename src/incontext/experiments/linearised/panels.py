"""Losses of networks with one layer replaced by its linear one."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, PyTree

from incontext.experiments.linearised.config import Config, dimension
from incontext.experiments.sequences import TEST_BATCH
from incontext.experiments.types import Roles
from incontext.models import distilled, sequence
from incontext.models.attention import merge
from incontext.networks import files
from incontext.networks.distillation import linear_part, reader_part
from incontext.networks.network import Networks
from incontext.networks.training import Training, half_squared_error
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory
from incontext.training.loop import take_seed

WHOLE = 0  # in the place of a layer, counted from 1: the network as it was trained


def losses(config: Config, networks: Roles) -> pd.DataFrame:
    """Mean loss with a layer replaced: columns state_dim, seed, layer, loss; layer 0 for none.

    Source: paper B, Figure 5A.
    """
    rows = []
    for one in config.distillations:
        found = networks[one.name]
        batch = fixed_batch(one.task, config.test_size, 1)
        assert isinstance(batch, Trajectory)
        for index, seed in enumerate(found.seeds):
            for layer, loss in _of_layers(found, index, batch):
                rows.append((dimension(one), seed, layer, loss))
    return pd.DataFrame(rows, columns=["state_dim", "seed", "layer", "loss"])


def pair_losses(config: Config, pair: Networks) -> pd.DataFrame:
    """The same for two layers on constructed tokens: columns seed, layer, loss."""
    batch = fixed_batch(config.constructed.task, config.test_size, 1)
    assert isinstance(batch, Trajectory)
    rows = [
        (seed, *found)
        for index, seed in enumerate(pair.seeds)
        for found in _of_layers(pair, index, batch)
    ]
    return pd.DataFrame(rows, columns=["seed", "layer", "loss"])


def pair_weights(pair: Networks) -> dict[str, np.ndarray]:
    """Weights of the softmax layers and of the linear ones, by flat names."""
    softmax, linear = reader_part(pair.params), linear_part(pair.params)
    return {**files.flatten("softmax", softmax), **files.flatten("linear", linear)}


def likeness(pair: Networks) -> pd.DataFrame:
    """How alike the products of a softmax layer and of its linear layer are, entry by entry.

    Columns seed, layer, product, cosine.  Both products of linear attention may change their sign
    together, so that the one of key-query is taken to be positive.  The first layer reads an
    empty channel, which makes the weights that read it arbitrary: they are left out.

    Source: paper B, Figure 19.
    """
    training, rows = pair.training, []
    assert isinstance(training.task, LinearDynamics)
    for index, seed in enumerate(pair.seeds):
        params = take_seed(pair.params, index)
        for layer in range(training.network.num_layers):  # pyright: ignore[reportAttributeAccessIssue]
            empty = training.task.state_dim if layer == 0 else 0
            softmax, linear = (
                merge(dict(part[f"layer_{layer}"]))
                for part in (reader_part(params), linear_part(params))
            )
            key_query = cosine(
                softmax.key_query[0, empty:, empty:], linear.key_query[0, empty:, empty:]
            )
            output_value = cosine(
                softmax.output_value[0, :, empty:], linear.output_value[0, :, empty:]
            )
            rows.append((seed, layer + 1, "key-query", abs(key_query)))
            rows.append((seed, layer + 1, "output-value", np.sign(key_query) * output_value))
    return pd.DataFrame(rows, columns=["seed", "layer", "product", "cosine"])


def cosine(one: Float[Array, "a b"], other: Float[Array, "a b"]) -> float:
    """Cosine of two matrices as vectors."""
    return float(jnp.sum(one * other) / jnp.sqrt(jnp.sum(one**2) * jnp.sum(other**2)))


def _of_layers(networks: Networks, index: int, batch: Trajectory) -> Iterator[tuple[int, float]]:
    """Losses of one seed: of the whole network, and with each layer replaced."""
    params = take_seed(networks.params, index)
    whole, linear = reader_part(params), linear_part(params)
    training, size = networks.training, batch.targets.shape[-1]
    config = training.network
    assert isinstance(config, sequence.SequenceConfig)
    yield WHOLE, _loss(training, sequence.build(config, size), whole, batch)
    for layer in range(config.num_layers):
        model, params = distilled.replaced(config, whole, linear, layer, size)
        yield layer + 1, _loss(training, model, params, batch)


def _loss(
    training: Training, model: sequence.SequenceModel, params: PyTree, batch: Trajectory
) -> float:
    @jax.jit
    def means(states: Array) -> Array:
        def one(part: Array) -> Array:
            found = Trajectory(part)
            tokens = training.layout(found)  # pyright: ignore[reportArgumentType] - of trajectories
            return jnp.mean(half_squared_error(model.apply(params, tokens), found.targets))

        size = min(TEST_BATCH, states.shape[0])
        return jnp.mean(jax.lax.map(one, states.reshape(-1, size, *states.shape[1:])))

    return float(means(batch.states))
