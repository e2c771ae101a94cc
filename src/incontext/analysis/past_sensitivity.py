"""What a layer's output at the last position owes to every state it has read.

Shapes: B sequences, T positions, n state dimension, D token width, H heads.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.models.attention import (
    Products,
    address,
    attention_scores,
    attention_weights,
)

StateMap = Callable[[Array], Array]  # states [B, T, n] -> tokens [B, T, D]


def past_sensitivity(layer: StateMap, states: Float[Array, "B T n"]) -> Float[Array, " T"]:
    """Length of the derivative of the last token by each state.

    1/(B D) sum_{b,l} |d layer(s_b)_{T,l} / d s_{b,t'}|: the length is taken per sequence and
    output channel, and averaged afterwards, so that no signs cancel.

    Source: paper B, Figure 16; the order of averages follows the authors' code.
    """
    last, pullback = jax.vjp(lambda s: layer(s)[:, -1], states)

    def of_channel(channel: Array) -> Array:
        gradients = pullback(jnp.zeros_like(last).at[:, channel].set(1.0))[0]  # [B, T, n]
        return jnp.mean(jnp.linalg.norm(gradients, axis=-1), axis=0)

    return jnp.mean(jax.lax.map(of_channel, jnp.arange(last.shape[-1])), axis=0)


def mean_attention(
    products: Products,
    tokens: Float[Array, "B T D"],
    positions: Float[Array, "T P"] | None,
    logit_scale: float,
) -> Float[Array, "H T T"]:
    """Causal softmax weights of every head: attending token in rows, mean over sequences.

    Source: paper B, Figures 3A, 14 and 15.
    """
    addresses = address(tokens, positions)
    scores = logit_scale * attention_scores(products.key_query, addresses, addresses)
    return jnp.mean(attention_weights(scores, "softmax", causal=True), axis=0)
