"""Linear attention in place of the layers of a trained network, fitted layer by layer.

Shapes: B sequences, T positions, D token width, L layers.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key

from incontext.errors import Refusal
from incontext.models import sequence
from incontext.models.kinds import KINDS
from incontext.models.sequence import SequenceConfig, sinusoids


class Layers(NamedTuple):
    """One linear attention layer beside every layer of a network, as pure functions.

    init(key, stream) -> params in modules "layer_0", "layer_1", ...;
    apply(params, stream) -> updates [B, L, T, D] of the tokens that each layer reads.
    """

    init: Callable[[Key[Array, ""], Array], hk.Params]
    apply: Callable[[hk.Params, Array], Array]


def linear_layers(config: SequenceConfig) -> Layers:
    """Linear attention of the sizes of every layer of a network; the first sees positions too.

    Raises:
        Refusal: if an update is not that of attention alone.

    Source: paper B, Figure 5A.
    """
    check_attention_only(config)

    def updates(stream: Float[Array, "S B T D"]) -> Float[Array, "B L T D"]:
        found = []
        for index in range(config.num_layers):
            width = config.position_dim if index == 0 else None
            layer = KINDS["linear"](
                config.num_heads, config.key_size, config.initialization, f"layer_{index}"
            )
            positions = None if width is None else sinusoids(stream.shape[2], width)
            found.append(layer(stream[index], positions))
        return jnp.stack(found, axis=1)

    transformed = hk.without_apply_rng(hk.transform(updates))
    return Layers(transformed.init, transformed.apply)


def check_attention_only(config: SequenceConfig) -> None:
    """Refuse networks whose layers do more than add what attention gives."""
    if config.token_clip is not None or config.mlp_width is not None:
        raise Refusal(
            f"token_clip is {config.token_clip} and mlp_width {config.mlp_width}; both must be "
            "None, so that a layer adds the update of its attention and nothing else."
        )


def updates(stream: Float[Array, "S B T D"]) -> Float[Array, "B L T D"]:
    """What every layer of a network has added to its tokens."""
    return jnp.moveaxis(stream[1:] - stream[:-1], 0, 1)


def replaced(
    config: SequenceConfig, params: hk.Params, layers: hk.Params, index: int, output_dim: int
) -> tuple[sequence.SequenceModel, hk.Params]:
    """The network with one layer replaced by its linear one, and its parameters.

    Source: paper B, Figure 5A.
    """
    kinds = (*config.kinds[:index], "linear", *config.kinds[index + 1 :])
    model = sequence.build(dataclasses.replace(config, kinds=kinds), output_dim)
    name = f"layer_{index}"
    return model, {**params, name: layers[name]}
