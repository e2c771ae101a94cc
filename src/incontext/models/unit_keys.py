"""Attention whose queries and keys have length one, softmax and mesa.

Shapes: B batch, T positions, H heads, K key width, D token width, P position width,
A width of an address (a token with its position beside it).
"""

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.models.attention import address, attention_weights, logit_scale
from incontext.models.initialization import Initialization
from incontext.models.mesa import MesaAttention

_SMALLEST = 1e-12  # squared length that still counts


def unit(vectors: Float[Array, "*B K"]) -> Float[Array, "*B K"]:
    """Vectors divided by their L2 norm, x / |x|; zero stays zero."""
    squares = jnp.sum(vectors**2, axis=-1, keepdims=True)
    return vectors * jax.lax.rsqrt(squares + _SMALLEST)


class UnitSoftmax(hk.Module):
    """Multi-head softmax attention on queries and keys of length one, without biases.

    Parameters as `SelfAttention`: query, key, value and output.  Scores q.k / sqrt(K) lie
    within +-1 / sqrt(K), so that weights differ by a factor of exp(2 / sqrt(K)) at most: the
    layer is close to a mean over the past plus linear attention.

    Source: paper B, Appendix F.1.3, in the form of the authors' code.
    """

    def __init__(
        self, num_heads: int, key_size: int, initialization: Initialization, name: str | None = None
    ) -> None:
        super().__init__(name=name)
        self.num_heads, self.key_size = num_heads, key_size
        self.initialization = initialization

    def __call__(
        self, tokens: Float[Array, "B T D"], positions: Float[Array, "T P"] | None = None
    ) -> Float[Array, "B T D"]:
        """Update of every token from itself and its past; `positions` take part in scores only."""
        seen = address(tokens, positions)
        queries, keys = (unit(self._project(name, seen)) for name in ("query", "key"))
        values = self._project("value", tokens)
        scores = jnp.einsum("bmhk,bnhk->bhmn", queries, keys)
        scores = logit_scale("softmax", self.key_size) * scores
        weights = attention_weights(scores, "softmax", causal=True)
        outward = self.initialization.for_fan_in(self.num_heads * self.key_size)
        shape = (self.num_heads, tokens.shape[-1], self.key_size)
        output = hk.get_parameter("output", shape, init=outward)
        mixtures = jnp.einsum("bhmn,bnhk->bmhk", weights, values)
        return jnp.einsum("bmhk,hdk->bmd", mixtures, output)

    def _project(self, name: str, tokens: Float[Array, "B T D"]) -> Float[Array, "B T H K"]:
        width = tokens.shape[-1]
        shape = (self.num_heads, self.key_size, width)
        weights = hk.get_parameter(name, shape, init=self.initialization.for_fan_in(width))
        return jnp.einsum("btd,hkd->bthk", tokens, weights)


class UnitMesa(MesaAttention):
    """The mesa layer on queries and keys of length one; values keep theirs.

    Source: paper B, Appendix F.1.3, in the form of the authors' code.
    """

    def _project(self, name: str, tokens: Float[Array, "B T W"]) -> Float[Array, "B T H K"]:
        projected = super()._project(name, tokens)
        return projected if name == "value" else unit(projected)
