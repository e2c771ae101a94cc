"""Losses of networks with one layer replaced by its linear one."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.experiments.linearised.config import Config, dimension
from incontext.experiments.sequences import TEST_BATCH
from incontext.experiments.types import Roles
from incontext.models import distilled, sequence
from incontext.networks.distillation import linear_part, reader_part
from incontext.networks.network import Networks
from incontext.networks.training import half_squared_error
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


def _of_layers(networks: Networks, index: int, batch: Trajectory) -> Iterator[tuple[int, float]]:
    """Losses of one seed: of the whole network, and with each layer replaced."""
    params = take_seed(networks.params, index)
    whole, linear = reader_part(params), linear_part(params)
    config, size = networks.training.network, batch.targets.shape[-1]
    assert isinstance(config, sequence.SequenceConfig)
    yield WHOLE, _loss(sequence.build(config, size), whole, batch)
    for layer in range(config.num_layers):
        yield layer + 1, _loss(*distilled.replaced(config, whole, linear, layer, size), batch)


def _loss(model: sequence.SequenceModel, params: PyTree, batch: Trajectory) -> float:
    @jax.jit
    def means(states: Array) -> Array:
        def one(part: Array) -> Array:
            found = Trajectory(part)
            return jnp.mean(half_squared_error(model.apply(params, found.inputs), found.targets))

        size = min(TEST_BATCH, states.shape[0])
        return jnp.mean(jax.lax.map(one, states.reshape(-1, size, *states.shape[1:])))

    return float(means(batch.states))
