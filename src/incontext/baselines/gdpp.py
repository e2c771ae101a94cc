"""GD++: gradient descent that also rescales its inputs.

Shapes: B prompts, N context examples, d inputs, d_y outputs, K steps.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.tasks.types import Prompt

_State = tuple[Array, Array, Array, Array]  # inputs, residuals, query, prediction


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
        Refusal: if there is not one curvature per learning rate.

    Source: paper A, Sections 3 and A.10.
    """
    if len(learning_rates) != len(curvatures):
        raise Refusal(
            f"{len(learning_rates)} learning rates and {len(curvatures)} curvatures; "
            "give one of each per step."
        )
    num_context = prompt.context_inputs.shape[1]

    def step(state: _State, numbers: tuple[Array, Array]) -> tuple[_State, None]:
        learning_rate, curvature = numbers
        inputs, residuals, query, prediction = state
        change = learning_rate / num_context * jnp.einsum("bny,bnd->byd", residuals, inputs)
        second_moment = jnp.einsum("bnd,bne->bde", inputs, inputs)
        after = (
            inputs - curvature * jnp.einsum("bde,bne->bnd", second_moment, inputs),
            residuals - jnp.einsum("byd,bnd->bny", change, inputs),
            query - curvature * jnp.einsum("bde,be->bd", second_moment, query),
            prediction + jnp.einsum("byd,bd->by", change, query),
        )
        return after if bound is None else jax.tree.map(lambda a: _clip(a, bound), after), None  # pyright: ignore[reportArgumentType]

    start = (
        prompt.context_inputs,
        prompt.context_targets,
        prompt.query_inputs,
        jnp.zeros_like(prompt.query_targets),
    )
    numbers = (jnp.asarray(learning_rates), jnp.asarray(curvatures))
    (*_, prediction), _ = jax.lax.scan(step, start, numbers)
    return prediction


def _clip(array: Array, bound: float) -> Array:
    return jnp.clip(array, -bound, bound)
