"""Self-attention, linear and softmax, written through its two products.

A head acts on tokens only through W_K^T W_Q, which scores pairs of tokens, and
P W_V, which turns a mixture of tokens into an update.  Both are [D, D]; the
whole layer is computed from them, and so are analysis and interpolation.

Glossary of shapes: B batch, M query positions, N context positions, H heads,
D token width, K key width.
"""

import math
from typing import Literal, NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.models.initialization import Initialization

Weighting = Literal["linear", "softmax"]


class Products(NamedTuple):
    """All that one attention layer computes with.

    key_query: W_K^T W_Q per head.  output_value: P W_V per head.
    """

    key_query: Float[Array, "*layers H D D"]
    output_value: Float[Array, "*layers H D D"]


def attention_weights(
    logits: Float[Array, "B H M N"], weighting: Weighting, *, causal: bool = False
) -> Float[Array, "B H M N"]:
    """Turn scores into mixing weights, over the context or its past.

    linear: the scores themselves; softmax: exp(s_j) / sum_i exp(s_i).
    With `causal`, position m mixes positions 1 ... m only.

    Source: paper A, Equation 1 and Section 2.
    """
    num_queries, num_context = logits.shape[-2:]
    past = jnp.tril(jnp.ones((num_queries, num_context), bool)) if causal else None
    if weighting == "softmax":
        return jax.nn.softmax(logits, axis=-1, where=past)
    return logits if past is None else jnp.where(past, logits, 0.0)


def attend(
    products: Products,
    tokens: Float[Array, "B M D"],
    context: Float[Array, "B N D"],
    *,
    weighting: Weighting = "linear",
    logit_scale: float = 1.0,
) -> Float[Array, "B M D"]:
    """Update of every token from the context.

    delta e_m = sum_h P_h W_V,h sum_n w_h(logit_scale * e_n^T W_K,h^T W_Q,h e_m) e_n

    Source: paper A, Equation 1 (softmax) and Section 2 (linear).
    """
    queries = jnp.einsum("bme,hde->bhmd", tokens, products.key_query)  # [B, H, M, D]
    logits = logit_scale * jnp.einsum("bhmd,bnd->bhmn", queries, context)  # [B, H, M, N]
    weights = attention_weights(logits, weighting)
    mixtures = jnp.einsum("bhmn,bnd->bhmd", weights, context)  # [B, H, M, D]
    return jnp.einsum("bhme,hde->bmd", mixtures, products.output_value)


class SelfAttention(hk.Module):
    """Multi-head self-attention without biases, on whole tokens.

    Parameters: query, key, value [H, K, D] and output [H, D, K].
    Softmax scores are divided by sqrt(K); linear ones are not.

    Raises:
        ValueError: if there is no head, no key dimension, or an unknown weighting.

    Source: paper A, Equation 1.
    """

    def __init__(
        self,
        num_heads: int,
        key_size: int,
        initialization: Initialization,
        weighting: Weighting = "linear",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if num_heads < 1 or key_size < 1:
            raise ValueError(
                f"num_heads is {num_heads} and key_size is {key_size}; both must be at least 1."
            )
        if weighting not in ("linear", "softmax"):
            raise ValueError(f"weighting is {weighting!r}; use 'linear' or 'softmax'.")
        self.num_heads, self.key_size = num_heads, key_size
        self.initialization = initialization
        self.weighting: Weighting = weighting

    def products(self, width: int) -> Products:
        """The layer's key-query and output-value products for tokens of `width`."""
        heads, size = self.num_heads, self.key_size
        inward = self.initialization.for_fan_in(width)
        query, key, value = (
            hk.get_parameter(name, (heads, size, width), init=inward)
            for name in ("query", "key", "value")
        )
        outward = self.initialization.for_fan_in(heads * size)
        output = hk.get_parameter("output", (heads, width, size), init=outward)
        return merge({"query": query, "key": key, "value": value, "output": output})

    def __call__(
        self, tokens: Float[Array, "B M D"], context: Float[Array, "B N D"]
    ) -> Float[Array, "B M D"]:
        """Update of `tokens` from `context`; the caller adds it to the residual stream."""
        scale = 1.0 / math.sqrt(self.key_size) if self.weighting == "softmax" else 1.0
        return attend(
            self.products(tokens.shape[-1]),
            tokens,
            context,
            weighting=self.weighting,
            logit_scale=scale,
        )


def merge(layer: dict[str, Array]) -> Products:
    """Products of one layer's parameters; leading axes (seeds) are kept.

    W_K^T W_Q and P W_V per head.

    Source: paper A, Section 2 and Figure 9.
    """
    return Products(
        key_query=jnp.einsum("...hkd,...hke->...hde", layer["key"], layer["query"]),
        output_value=jnp.einsum("...hdk,...hke->...hde", layer["output"], layer["value"]),
    )
