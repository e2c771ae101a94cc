"""Two layers on separate tokens, and what is measured inside them."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import PyTree

from incontext.analysis.token_sensitivity import (
    Head,
    next_token,
    previous_token,
    summarise,
    token_sensitivity,
)
from incontext.models.attention import logit_scale
from incontext.models.transformer import TransformerConfig, build, layer_products
from incontext.networks.layouts import Apart
from incontext.networks.network import Networks
from incontext.networks.training import Training
from incontext.tasks.types import Prompt


def heads(training: Training, params: PyTree) -> list[Head]:
    """The layers of a network, for the parameters of one seed."""
    return [head(training, params, index) for index in range(_network(training).num_layers)]


def head(training: Training, params: PyTree, index: int) -> Head:
    """One layer of a network; the weights of the others are not needed."""
    network, width = _network(training), token_width(training)
    weighting = network.weightings[index]
    scale = logit_scale(weighting, network.key_width(width))
    return Head(layer_products(params, index), weighting, scale)


def token_width(training: Training) -> int:
    """Width of a token: an input and its position."""
    assert isinstance(training.layout, Apart)
    return training.task.input_dim + training.layout.position_dim  # pyright: ignore


def _network(training: Training) -> TransformerConfig:
    assert isinstance(training.network, TransformerConfig)
    return training.network


def history(network: Networks, sensitivity_tasks: int) -> dict[str, np.ndarray]:
    """Sensitivity of the first layer to the own token, the next, and others, over training."""
    prompt = network.training.evaluation_batch()
    few = jax.tree.map(lambda x: x[:sensitivity_tasks], prompt)

    def measure(params: PyTree) -> dict[str, Array]:
        found = summarise(sensitivity(network.training, params, few))
        return {f"sensitivity_{name}": value for name, value in found._asdict().items()}

    return network.along(measure)


def sensitivity(training: Training, params: PyTree, prompt: Prompt) -> Array:
    """Sensitivity of the first layer's output tokens to the input tokens, [M, M]."""
    return token_sensitivity(
        lambda tokens: first_layer(training, params, tokens),
        training.layout(prompt),  # pyright: ignore - prompts have layouts of prompts
        prompt.query_inputs.shape[-1],
    )


def first_layer(training: Training, params: PyTree, tokens: Array) -> Array:
    """All tokens after the first layer [B, M, D]; the second one's weights are not needed."""
    network = _network(training)
    alone = dataclasses.replace(network, weightings=network.weightings[:1])
    return build(alone).trace(params, tokens)[1]


def attention(training: Training, params: PyTree, prompt: Prompt) -> Array:
    """First layer's attention weights, mean over prompts and summed over heads, [M, N]."""
    tokens = training.layout(prompt)  # pyright: ignore - prompts have layouts of prompts
    first = head(training, params, 0)
    return jnp.mean(jnp.sum(first.weights(tokens, tokens[:, :-1]), axis=1), axis=0)


def interventions(num_tokens: int) -> dict[str, Array]:
    """What the first layer is kept from attending to, by name: masks [M, N]."""
    following = next_token(num_tokens)
    everything = jnp.ones_like(following)
    return {
        "nothing": ~everything,
        "the next token": following,
        "the previous token": previous_token(num_tokens),
        "everything": everything,
    }
