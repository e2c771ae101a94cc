"""What the two products of a trained layer amount to.

Shapes: H heads, D token width, d inputs, d_y outputs.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.models.attention import Products


class ImpliedStep(NamedTuple):
    """The GD++ step that a linear layer comes closest to, per head.

    step_size: eta / N.  curvature: gamma.
    """

    step_size: Float[Array, "... H"]
    curvature: Float[Array, "... H"]


def joint_product(products: Products, output_dim: int) -> Float[Array, "... H D D"]:
    """W_K^T W_Q scaled by the entry of P W_V that moves targets, [..., H, D, D].

    For Proposition 1 this is -(eta / N) I on the input block and zero elsewhere.

    Source: paper A, Figures 9 and 11.
    """
    scale = jnp.mean(_diagonal(products.output_value)[..., -output_dim:], axis=-1)
    return products.key_query * scale[..., None, None]


def implied_step(products: Products, input_dim: int) -> ImpliedStep:
    """Step size and curvature read off the diagonals of both products.

    With k, v, u the mean diagonal entries of W_K^T W_Q on inputs, of P W_V on inputs and of
    P W_V on targets: x <- x + v k X X^T x and y <- y + u k Y X^T x, so gamma = -k v and
    eta / N = -k u.

    Source: paper A, Section A.10, Equation 23.
    """
    score = jnp.mean(_diagonal(products.key_query)[..., :input_dim], axis=-1)
    moved = _diagonal(products.output_value)
    return ImpliedStep(
        step_size=-score * jnp.mean(moved[..., input_dim:], axis=-1),
        curvature=-score * jnp.mean(moved[..., :input_dim], axis=-1),
    )


def off_diagonal_share(matrix: Float[Array, "... D D"]) -> Float[Array, "..."]:
    """Sum of |off-diagonal entries| over sum of |diagonal entries|."""
    diagonal = jnp.sum(jnp.abs(_diagonal(matrix)), axis=-1)
    return jnp.sum(jnp.abs(matrix), axis=(-2, -1)) / diagonal - 1


def _diagonal(matrix: Array) -> jax.Array:
    return jnp.diagonal(matrix, axis1=-2, axis2=-1)
