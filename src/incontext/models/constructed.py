"""Weights written down instead of trained.

Each function turns a formula into Haiku parameters for `transformer.build`; none calls
a baseline, so that their agreement is a theorem that a test checks.

Shapes: d inputs, d_y outputs, D = d + d_y token width.
"""

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal


def gradient_step(
    initial_weights: Float[Array, "d_y d"], learning_rate: float | Array, num_context: int
) -> hk.Params:
    """One layer that performs one step of gradient descent.

    W_K = W_Q = diag(I_x, 0),  W_V = [[0, 0], [W_0, -I_y]],  P = (eta / N) I, so that
    e_j <- (x_j, y_j - delta W x_j) with delta W = -(eta / N) sum_i (W_0 x_i - y_i) x_i^T.

    Source: paper A, Proposition 1 and Section A.1.
    """
    return curvature_corrected_steps(initial_weights, [learning_rate], [0.0], num_context)


def curvature_corrected_steps(
    initial_weights: Float[Array, "d_y d"],
    learning_rates: list[float | Array],
    curvatures: list[float | Array],
    num_context: int,
) -> hk.Params:
    """One layer per step of GD++, which also moves the inputs.

    As Proposition 1 with W_V = [[I_x, 0], [W_0, -I_y]] and
    P = diag(-gamma I_x, (eta / N) I_y): x_j <- x_j - gamma sum_i x_i x_i^T x_j.

    Raises:
        Refusal: if there is not one curvature per learning rate.

    Source: paper A, Section A.10.
    """
    if len(learning_rates) != len(curvatures):
        raise Refusal(
            f"{len(learning_rates)} learning rates and {len(curvatures)} curvatures; "
            "give one of each per layer."
        )
    output_dim, input_dim = initial_weights.shape
    attended = jnp.diag(jnp.r_[jnp.ones(input_dim), jnp.zeros(output_dim)])
    value = jnp.block(
        [
            [jnp.eye(input_dim), jnp.zeros((input_dim, output_dim))],
            [initial_weights, -jnp.eye(output_dim)],
        ]
    )

    def layer(learning_rate: float | Array, curvature: float | Array) -> dict[str, Array]:
        step_size = jnp.asarray(learning_rate) / num_context
        output = jnp.diag(
            jnp.r_[
                jnp.full(input_dim, -jnp.asarray(curvature)),
                jnp.full(output_dim, step_size),
            ]
        )
        return {
            "query": attended[None],
            "key": attended[None],
            "value": value[None],
            "output": output[None],
        }

    return {
        f"layer_{index}": layer(eta, gamma)
        for index, (eta, gamma) in enumerate(zip(learning_rates, curvatures, strict=True))
    }
