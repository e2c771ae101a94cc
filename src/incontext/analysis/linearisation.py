"""How linear a softmax is where a trained layer uses it.

Shapes: B prompts, H heads, M query positions, N context positions, D token width.
"""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.models.attention import Products, attention_scores, mix


def expand(logits: Float[Array, "... N"]) -> Float[Array, "... N"]:
    """Softmax to first order in the logits.

    softmax(s)_n = (1 + s_n - mean(s)) / N + O(s^2)

    Source: derived; paper A, Equation 16, up to the normalisation of the weights.
    """
    return (1.0 + logits - jnp.mean(logits, axis=-1, keepdims=True)) / logits.shape[-1]


def expansion_error(logits: Float[Array, "B H M N"]) -> Float[Array, " H"]:
    """What the first order misses, relative to what the softmax does, per head.

    rms(softmax(s) - expand(s)) / rms(softmax(s) - 1/N), over prompts and positions: zero for
    small logits, where a softmax is linear, and order one where it is not.
    """
    weights = jax.nn.softmax(logits, axis=-1)
    missed = jnp.mean((weights - expand(logits)) ** 2, axis=(0, 2, 3))
    moved = jnp.mean((weights - 1.0 / logits.shape[-1]) ** 2, axis=(0, 2, 3))
    return jnp.sqrt(missed / jnp.maximum(moved, jnp.finfo(moved.dtype).tiny))


def logit_spread(logits: Float[Array, "B H M N"]) -> Float[Array, " H"]:
    """Standard deviation of a head's logits around their mean over the context."""
    centred = logits - jnp.mean(logits, axis=-1, keepdims=True)
    return jnp.sqrt(jnp.mean(centred**2, axis=(0, 2, 3)))


def attend_to_first_order(
    products: Products,
    tokens: Float[Array, "B M D"],
    context: Float[Array, "B N D"],
    logit_scale: float,
) -> Float[Array, "B M D"]:
    """Update of a softmax layer with every softmax replaced by its expansion.

    sum_h P_h W_V,h sum_n (1 + s_h,n - mean(s_h)) / N e_n: with opposite heads the
    constants cancel, and a gradient step on centred inputs remains.

    Source: paper A, Equations 18-21.
    """
    logits = logit_scale * attention_scores(products.key_query, tokens, context)
    return mix(expand(logits), context, products.output_value)
