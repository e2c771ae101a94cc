"""What a layer's output at one token owes to every token, and what happens without it.

Shapes: B prompts, M tokens, N context tokens, D token width, d channels looked at.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float

from incontext.models.attention import (
    Products,
    Weighting,
    attention_scores,
    attention_weights,
    mix,
)

TokenMap = Callable[[Array], Array]  # tokens [B, M, D] -> tokens [B, M, D]


class Sensitivity(NamedTuple):
    """Means over the inputs x_n of a sequence x_1, y_1, x_2, y_2, ...

    own: to x_n itself.  next: to its target y_n.  other: to any other token.
    """

    own: Float[Array, ""]
    next: Float[Array, ""]
    other: Float[Array, ""]


def token_sensitivity(
    layer: TokenMap, tokens: Float[Array, "B M D"], num_channels: int
) -> Float[Array, "M M"]:
    """How strongly output token m (rows) depends on input token n (columns).

    |d/d e_n (1/B) sum_b sum_c layer(e)_{b,m,c}|, the derivative taken in the first
    `num_channels` channels of e_n: averaged over prompts first, then normed.

    Source: paper A, Figure 5, right.
    """

    def mean_output(shift: Float[Array, "M d"]) -> Float[Array, " M"]:
        moved = tokens.at[..., :num_channels].add(shift[None])
        return jnp.mean(jnp.sum(layer(moved), axis=-1), axis=0)

    derivative = jax.jacrev(mean_output)(jnp.zeros((tokens.shape[1], num_channels)))
    return jnp.linalg.norm(derivative, axis=-1)


def summarise(matrix: Float[Array, "M M"]) -> Sensitivity:
    """Own, next and other sensitivity of the inputs x_1 ... x_N, at even positions."""
    num_tokens = len(matrix)
    inputs = jnp.arange(0, num_tokens - 1, 2)
    own, following = matrix[inputs, inputs], matrix[inputs, inputs + 1]
    rest = jnp.sum(matrix[inputs], axis=-1) - own - following
    return Sensitivity(jnp.mean(own), jnp.mean(following), jnp.mean(rest) / (num_tokens - 2))


class Head(NamedTuple):
    """An attention layer as its products and how it turns scores into weights."""

    products: Products
    weighting: Weighting
    logit_scale: float

    def weights(
        self, tokens: Float[Array, "B M D"], context: Float[Array, "B N D"]
    ) -> Float[Array, "B H M N"]:
        """Mixing weights of every token over the context."""
        scores = attention_scores(self.products.key_query, tokens, context)
        return attention_weights(self.logit_scale * scores, self.weighting)

    def without(self, blocked: Bool[Array, "M N"]) -> Callable[[Array, Array], Array]:
        """The layer, residual stream included, deaf to the prompt where `blocked`.

        What a token would read from a blocked one is replaced by its mean over the
        prompts, which carries positions and offsets but nothing of this prompt.
        """

        def layer(tokens: Array, context: Array) -> Array:
            deaf = blocked[-tokens.shape[1] :][None, None]  # the last layer sees the query alone
            weights, moved = self.weights(tokens, context), self.products.output_value
            usual = jnp.mean(mix(weights * deaf, context, moved), axis=0, keepdims=True)
            return tokens + mix(weights * ~deaf, context, moved) + usual

        return layer


def next_token(num_tokens: int) -> Bool[Array, "M N"]:
    """True where context token n directly follows token m; the query is no context."""
    return jnp.eye(num_tokens, num_tokens - 1, 1, dtype=bool)


def previous_token(num_tokens: int) -> Bool[Array, "M N"]:
    """True where context token n directly precedes token m."""
    return jnp.eye(num_tokens, num_tokens - 1, -1, dtype=bool)
