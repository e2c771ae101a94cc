"""Training of the LayerNorm variants: a kind of network that only one experiment needs."""

import dataclasses
import functools

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.models import normalised
from incontext.models.normalised import NormalisedConfig
from incontext.models.readout import read_prediction
from incontext.networks.layouts import Together
from incontext.networks.learnables import Function
from incontext.networks.training import Training
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.config import Schedule


@dataclasses.dataclass(frozen=True)
class NormalisedTraining(Training):
    """Training of a layer with a LayerNorm of another kind; prompts of linear regression only."""

    network: NormalisedConfig
    task: LinearRegression

    def function(self) -> Function:
        """The network as pure functions of its parameters."""
        config, task = self.network, self.task
        model = hk.without_apply_rng(hk.transform(functools.partial(normalised.query, config)))
        shape = (1, task.num_context + 1, task.input_dim + task.output_dim)

        def predict(params: PyTree, prompt: Prompt) -> Float[Array, "B d_y"]:
            return read_prediction(model.apply(params, concatenate(prompt)), task.output_dim)

        return Function(lambda key: model.init(key, jnp.zeros(shape)), predict)


def normalised_layer(
    config: NormalisedConfig, task: LinearRegression, schedule: Schedule
) -> Training:
    """Training of such a layer; the name says what is normalised."""
    name = f"regression-norm-1-{config.way.replace(' ', '-')}"
    return NormalisedTraining(name, task, Together(), config, schedule)
