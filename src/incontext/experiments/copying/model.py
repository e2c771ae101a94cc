"""Two layers on separate tokens, trained; what is measured on the way."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import PyTree

from incontext.analysis.token_sensitivity import (
    Head,
    next_token,
    previous_token,
    summarise,
    token_sensitivity,
)
from incontext.experiments import prompts
from incontext.experiments.copying.config import Config
from incontext.experiments.prompts import Network
from incontext.models.attention import Weighting, logit_scale
from incontext.models.sequence import sinusoids
from incontext.models.transformer import TransformerConfig, build, layer_products
from incontext.tasks.layout import interleave
from incontext.tasks.types import Prompt
from incontext.training.workspace import Workspace


def layout(config: Config) -> prompts.Layout:
    """Separate tokens for inputs and targets, with sinusoidal positions."""
    length = 2 * config.task.num_context + 1
    return lambda prompt: interleave(prompt, sinusoids(length, config.position_dim))


def heads(model: TransformerConfig, params: PyTree) -> list[Head]:
    """The layers of a network, for the parameters of one seed."""
    return [
        Head(layer_products(params, index), weighting, logit_scale(weighting, model.key_size))
        for index, weighting in enumerate(model.weightings)
    ]


def first_layer(model: TransformerConfig, params: PyTree, tokens: Array) -> Array:
    """All tokens after the first layer [B, M, D]."""
    return build(model).trace(params, tokens)[1]


def train_circuit(
    config: Config, first: Weighting, seeds: Sequence[int], workspace: Workspace
) -> Network:
    """Train a network whose first layer is softmax or linear."""
    model, lay_out = config.model(first), layout(config)

    def metrics(params: PyTree, prompt: Prompt) -> dict[str, Array]:
        few = jax.tree.map(lambda x: x[: config.sensitivity_tasks], prompt)
        return {
            f"sensitivity_{name}": value
            for name, value in summarise(sensitivity(config, first, params, few))._asdict().items()
        }

    return prompts.train_network(
        prompts.prompt_problem(config.task, model, config.training, metrics, lay_out),
        model,
        config.training,
        seeds,
        f"{first}-first-layer",
        workspace,
        lay_out,
    )


def first_weighting(network: Network) -> Weighting:
    """Weighting of a network's first layer, which is what the two networks differ in."""
    return network.config.weightings[0]


def sensitivity(config: Config, first: Weighting, params: PyTree, prompt: Prompt) -> Array:
    """Sensitivity of the first layer's output tokens to the input tokens, [M, M]."""
    model = config.model(first)
    return token_sensitivity(
        lambda tokens: first_layer(model, params, tokens),
        layout(config)(prompt),
        config.task.input_dim,
    )


def attention(config: Config, first: Weighting, params: PyTree, prompt: Prompt) -> Array:
    """First layer's attention weights, mean over prompts and summed over heads, [M, N]."""
    tokens = layout(config)(prompt)
    head = heads(config.model(first), params)[0]
    return jnp.mean(jnp.sum(head.weights(tokens, tokens[:, :-1]), axis=1), axis=0)


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
