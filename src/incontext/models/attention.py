"""Self-attention, linear and softmax, written through its two products.

A head acts on tokens only through W_K^T W_Q, which scores pairs of tokens, and
P W_V, which turns a mixture of tokens into an update.  Both are [D, D]; the
whole layer is computed from them, and so are analysis and interpolation.

Glossary of shapes: B batch, M query positions, N context positions, T positions of
a sequence that attends to its own past, H heads, D token width, A width of an address
(a token with its position beside it), K key width.
"""

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.initialization import Initialization

Weighting = Literal["linear", "softmax"]


class Products(NamedTuple):
    """All that one attention layer computes with.

    key_query: W_K^T W_Q per head.  output_value: P W_V per head.
    """

    key_query: Float[Array, "*layers H A A"]
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
    past = jnp.tri(num_queries, num_context, dtype=bool)[None, None] if causal else None
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
    scores = logit_scale * attention_scores(products.key_query, tokens, context)
    return mix(attention_weights(scores, weighting), context, products.output_value)


def attend_to_past(
    products: Products,
    tokens: Float[Array, "B T D"],
    *,
    positions: Float[Array, "T P"] | None = None,
    weighting: Weighting = "linear",
    logit_scale: float = 1.0,
) -> Float[Array, "B T D"]:
    """Update of every token from itself and its past.

    delta e_t = sum_h P_h W_V,h sum_{s <= t} w_h(logit_scale * a_s^T W_K,h^T W_Q,h a_t) e_s
    with the address a_t = (e_t, p_t) where positions p are given and a_t = e_t elsewhere.

    Source: paper B, Equation 2; the place of the encoding follows the authors' weights.
    """
    addresses = address(tokens, positions)
    scores = logit_scale * attention_scores(products.key_query, addresses, addresses)
    weights = attention_weights(scores, weighting, causal=True)
    return mix(weights, tokens, products.output_value)


def address(
    tokens: Float[Array, "B T D"], positions: Float[Array, "T P"] | None
) -> Float[Array, "B T A"]:
    """Tokens with their position beside them, a_t = (e_t, p_t); the tokens where there is none."""
    if positions is None:
        return tokens
    repeated = jnp.broadcast_to(positions, (tokens.shape[0], *positions.shape))
    return jnp.concatenate([tokens, repeated], axis=-1)


def attention_scores(
    key_query: Float[Array, "H A A"], queries: Float[Array, "B M A"], keys: Float[Array, "B N A"]
) -> Float[Array, "B H M N"]:
    """Scores a_n^T W_K,h^T W_Q,h a_m of every head and pair of tokens.

    Queries of all heads stand in one matrix, because all heads share the keys a_n.
    """
    batch, num_queries, width = queries.shape
    projected = jnp.einsum("bme,hde->bmhd", queries, key_query).reshape(batch, -1, width)
    scores = jnp.einsum("bmd,bnd->bmn", projected, keys)  # [B, M * H, N]
    return jnp.swapaxes(scores.reshape(batch, num_queries, -1, keys.shape[1]), 1, 2)


def mix(
    weights: Float[Array, "B H M N"],
    context: Float[Array, "B N D"],
    output_value: Float[Array, "H D D"],
) -> Float[Array, "B M D"]:
    """Updates sum_h P_h W_V,h sum_n w_h,mn e_n."""
    batch, num_heads, num_queries, num_context = weights.shape
    stacked = jnp.swapaxes(weights, 1, 2).reshape(batch, -1, num_context)
    mixtures = jnp.einsum("bmn,bnd->bmd", stacked, context)  # [B, M * H, D]
    mixtures = mixtures.reshape(batch, num_queries, num_heads, -1)
    return jnp.einsum("bmhe,hde->bmd", mixtures, output_value)


class SelfAttention(hk.Module):
    """Multi-head self-attention without biases, on whole tokens.

    Parameters: query, key, value [H, K, D] and output [H, D, K].
    Softmax scores are divided by sqrt(K); linear ones are not.

    Raises:
        Refusal: if there is no head, no key dimension, or an unknown weighting.

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
            raise Refusal(
                f"num_heads is {num_heads} and key_size is {key_size}; both must be at least 1."
            )
        if weighting not in ("linear", "softmax"):
            raise Refusal(f"weighting is {weighting!r}; use 'linear' or 'softmax'.")
        self.num_heads, self.key_size = num_heads, key_size
        self.initialization = initialization
        self.weighting: Weighting = weighting

    def products(self, width: int, address_width: int | None = None) -> Products:
        """The layer's products for tokens of `width`, scored through addresses (or tokens)."""
        heads, size = self.num_heads, self.key_size
        widths = {"query": address_width or width, "key": address_width or width, "value": width}
        query, key, value = (
            hk.get_parameter(
                name, (heads, size, inputs), init=self.initialization.for_fan_in(inputs)
            )
            for name, inputs in widths.items()
        )
        outward = self.initialization.for_fan_in(heads * size)
        output = hk.get_parameter("output", (heads, width, size), init=outward)
        return merge({"query": query, "key": key, "value": value, "output": output})

    def __call__(
        self, tokens: Float[Array, "B M D"], context: Float[Array, "B N D"]
    ) -> Float[Array, "B M D"]:
        """Update of `tokens` from `context`; the caller adds it to the residual stream."""
        return attend(
            self.products(tokens.shape[-1]),
            tokens,
            context,
            weighting=self.weighting,
            logit_scale=logit_scale(self.weighting, self.key_size),
        )

    def over_past(
        self, tokens: Float[Array, "B T D"], positions: Float[Array, "T P"] | None = None
    ) -> Float[Array, "B T D"]:
        """Update of every token from itself and its past; `positions` take part in scores only."""
        width = tokens.shape[-1]
        return attend_to_past(
            self.products(width, width + (0 if positions is None else positions.shape[-1])),
            tokens,
            positions=positions,
            weighting=self.weighting,
            logit_scale=logit_scale(self.weighting, self.key_size),
        )


def logit_scale(weighting: Weighting, key_size: int) -> float:
    """Factor on the scores: 1 / sqrt(K) before a softmax, 1 in linear attention."""
    return 1.0 / math.sqrt(key_size) if weighting == "softmax" else 1.0


def merge(layer: Mapping[str, Array]) -> Products:
    """Products of one layer's parameters; leading axes (seeds) are kept.

    W_K^T W_Q and P W_V per head.

    Source: paper A, Section 2 and Figure 9.
    """
    return Products(
        key_query=jnp.einsum("...hkd,...hke->...hde", layer["key"], layer["query"]),
        output_value=jnp.einsum("...hdk,...hke->...hde", layer["output"], layer["value"]),
    )
