"""GD++: gradient descent that also rescales its inputs.

Shapes: B prompts, N context examples, d inputs, d_y outputs, K steps.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.tasks.types import Prompt


def predict(
    prompt: Prompt,
    learning_rates: Sequence[float | Array],
    curvatures: Sequence[float | Array],
    bound: float | None = None,
) -> Float[Array, "B d_y"]:
    """Prediction after K steps of GD++ from W_0 = 0.

    With X the matrix of current context inputs and r_i the current residuals,
    delta W = (eta / N) sum_i r_i x_i^T;  r_i <- r_i - delta W x_i;
    y_hat <- y_hat + delta W x_query;  x <- x - gamma X X^T x for every input.
    With `bound`, inputs, residuals and prediction are clipped to +-bound after
    every step.

    Raises:
        ValueError: if there is not one curvature per learning rate.

    Source: paper A, Section 4 and A.10.
    """
    if len(learning_rates) != len(curvatures):
        raise ValueError(
            f"{len(learning_rates)} learning rates and {len(curvatures)} curvatures; "
            "give one of each per step."
        )
    inputs, residuals, query = prompt.context_inputs, prompt.context_targets, prompt.query_inputs
    prediction = jnp.zeros_like(prompt.query_targets)
    num_context = inputs.shape[1]
    for learning_rate, curvature in zip(learning_rates, curvatures, strict=True):
        change = learning_rate / num_context * jnp.einsum("bny,bnd->byd", residuals, inputs)
        second_moment = jnp.einsum("bnd,bne->bde", inputs, inputs)
        residuals = residuals - jnp.einsum("byd,bnd->bny", change, inputs)
        prediction = prediction + jnp.einsum("byd,bd->by", change, query)
        inputs = inputs - curvature * jnp.einsum("bde,bne->bnd", second_moment, inputs)
        query = query - curvature * jnp.einsum("bde,be->bd", second_moment, query)
        if bound is not None:
            inputs, residuals, query, prediction = (
                jnp.clip(array, -bound, bound) for array in (inputs, residuals, query, prediction)
            )
    return prediction
