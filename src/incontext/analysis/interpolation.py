"""Half-way between trained weights and a construction.

Shapes: H heads, D token width, d inputs.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.models.attention import Products


def interpolate(
    trained: Products, constructed: Products, input_dim: int, amount: float = 0.5
) -> Products:
    """Products part of the way from the trained ones to the constructed ones.

    Only key-query times output-value matters, so the trained pair is first put
    on the construction's scale: with beta the mean of the first d diagonal
    entries of W_K^T W_Q, use W_K^T W_Q / beta and beta P W_V; then average.

    Source: paper A, Section A.3.
    """
    diagonal = jnp.diagonal(trained.key_query, axis1=-2, axis2=-1)[..., :input_dim]
    beta = jnp.mean(diagonal, axis=-1)[..., None, None]

    def between(start: Array, end: Array) -> Float[Array, "... D D"]:
        return (1 - amount) * start + amount * end

    return Products(
        key_query=between(trained.key_query / beta, constructed.key_query),
        output_value=between(trained.output_value * beta, constructed.output_value),
    )
