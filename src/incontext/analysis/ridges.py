"""What the heads of a mesa layer regress, read off their weights.

Shapes: H heads, K key width, n state dimension, W = 4 n token width.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


class HeadRidges(NamedTuple):
    """A layer as sum_h gain_h B_t (A_t + ridge_h I)^{-1} s_t: two numbers per head."""

    gain: Float[Array, "*S H"]
    ridge: Float[Array, "*S H"]


def read(layer: Mapping[str, Array], state_dim: int) -> HeadRidges:
    """Gain and ridge of every head, as if its weights were scaled identities.

    A head with keys M s_{t-1}, queries N s_t and values written as C s_t predicts

        C B_t M^T (M A_t M^T + I/lambda)^{-1} N s_t
            = C B_t (A_t + (lambda M^T M)^{-1})^{-1} (M^T M)^{-1} M^T N s_t,

    so that lambda alone says nothing: with M^T M = c I the ridge is 1 / (lambda c).  Here c,
    and the numbers that stand for C and M^T N, are means of diagonals.

    Source: derived; the blocks are those of paper B, Proposition 1.
    """
    size = state_dim
    keys = layer["key"][..., 3 * size : 4 * size]  # M [H, K, n], of the previous state
    queries = layer["query"][..., 2 * size : 3 * size]  # N
    values = layer["value"][..., 2 * size : 3 * size]
    outputs = layer["output"][..., :size, :]  # [H, n, K], into the prediction
    scale = jnp.sum(keys**2, axis=(-2, -1)) / size
    scored = jnp.sum(keys * queries, axis=(-2, -1)) / size
    written = jnp.einsum("...ik,...ki->...", outputs, values) / size
    return HeadRidges(written * scored / scale, 1.0 / (layer["ridge_scale"] * scale))
