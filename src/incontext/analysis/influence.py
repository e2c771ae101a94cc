"""What one example contributes to a prediction, and whether features explain it.

One linear head adds up one contribution per context token, so a layer on embedded
tokens is a kernel machine whose kernel can be read off.

Shapes: N examples, M queries, D embedded width, d inputs, d_y outputs, F features.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.models.attention import Products, attend
from incontext.models.readout import read_prediction

Embed = Callable[[Array], Array]  # tokens [B, M, t] -> embedded tokens [B, M, D]


def contributions(
    embed: Embed,
    products: Products,
    inputs: Float[Array, "N d"],
    targets: Float[Array, "N d_y"],
    query_inputs: Float[Array, "M d"],
) -> Float[Array, "N M d_y"]:
    """What every example (x_n, y_n), alone in context, adds to the prediction at x_m.

    c(x_n, y_n, x_m) = -(sum_h P_h W_V,h e_n e_n^T W_K,h^T W_Q,h e_m), target channels only.
    """
    output_dim = targets.shape[-1]
    empty = jnp.zeros((len(query_inputs), output_dim), targets.dtype)
    context = embed(jnp.concatenate([inputs, targets], axis=-1)[None])[0]  # [N, D]
    queries = embed(jnp.concatenate([query_inputs, empty], axis=-1)[None])[0]  # [M, D]

    def alone(token: Array) -> Array:
        return attend(products, queries[None], token[None, None])[0]

    return read_prediction(jax.vmap(alone)(context), output_dim)


def kernel(
    embed: Embed,
    products: Products,
    inputs: Float[Array, "N d"],
    query_inputs: Float[Array, "M d"],
) -> Float[Array, "N M"]:
    """Slope of a contribution in its target: k(x_n, x_m) = dc(x_n, y, x_m)/dy at y = 0.

    For one gradient step on features m(x) this is (eta / N) m(x_n)^T m(x_m).

    Source: paper A, Proposition 2 and Section A.8.
    """
    zero = jnp.zeros((len(inputs), 1), inputs.dtype)

    def of(targets: Array) -> Array:
        return contributions(embed, products, inputs, targets, query_inputs)[..., 0]

    return jax.jvp(of, (zero,), (jnp.ones_like(zero),))[1]


def explained_share(
    matrix: Float[Array, "N M"], rows: Float[Array, "N F"], columns: Float[Array, "M F"]
) -> Float[Array, ""]:
    """Share of a matrix's squared entries that features of rows and columns explain.

    |P_r A P_c|^2 / |A|^2 with the projections onto the features; one if and only if
    A = R C S^T for the features R of the rows, S of the columns and some C.
    """
    left, right = jnp.linalg.qr(rows)[0], jnp.linalg.qr(columns)[0]
    return jnp.sum((left.T @ matrix @ right) ** 2) / jnp.sum(matrix**2)
