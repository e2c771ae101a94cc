"""Gradient descent on the context, as a textbook would write it.

Nothing here knows of attention.

Shapes: B prompts, N context examples, d inputs, d_y outputs, K steps, S step sizes.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.tasks.types import Prompt


def descend(
    inputs: Float[Array, "N d"],
    targets: Float[Array, "N d_y"],
    learning_rates: Sequence[float | Array],
    initial_weights: Float[Array, "d_y d"],
) -> Float[Array, "d_y d"]:
    """Weights after K gradient steps on one prompt's context.

    W <- W - eta dL/dW,  L(W) = 1/(2N) sum_i |W x_i - y_i|^2.

    Source: paper A, Equations 2 and 3.
    """

    def loss(weights: Array) -> Array:
        return 0.5 * jnp.mean(jnp.sum((inputs @ weights.T - targets) ** 2, axis=-1))

    weights = initial_weights
    for learning_rate in learning_rates:
        weights = weights - learning_rate * jax.grad(loss)(weights)
    return weights


def predict(
    prompt: Prompt,
    learning_rates: Sequence[float | Array],
    initial_weights: Float[Array, "d_y d"] | None = None,
) -> Float[Array, "B d_y"]:
    """Prediction W_K x_query after K steps from W_0 (zero by default).

    Source: paper A, Section 3.
    """
    if initial_weights is None:
        shape = (prompt.context_targets.shape[-1], prompt.context_inputs.shape[-1])
        initial_weights = jnp.zeros(shape)

    def one(inputs: Array, targets: Array, query: Array) -> Array:
        return descend(inputs, targets, learning_rates, initial_weights) @ query

    return jax.vmap(one)(prompt.context_inputs, prompt.context_targets, prompt.query_inputs)


def trajectory(
    prompt: Prompt, learning_rate: float | Array, num_steps: int
) -> Float[Array, "S B d_y"]:
    """Predictions after 0 ... num_steps equal steps from W_0 = 0.

    Returns:
        Predictions [S, B, d_y], S = num_steps + 1; the first is zero.
    """

    def loss(weights: Array, inputs: Array, targets: Array) -> Array:
        return 0.5 * jnp.mean(jnp.sum((inputs @ weights.T - targets) ** 2, axis=-1))

    gradient = jax.vmap(jax.grad(loss))

    def step(weights: Array, _: None) -> tuple[Array, Array]:
        prediction = jnp.einsum("byd,bd->by", weights, prompt.query_inputs)
        slope = gradient(weights, prompt.context_inputs, prompt.context_targets)
        return weights - learning_rate * slope, prediction

    batch, _, input_dim = prompt.context_inputs.shape
    start = jnp.zeros((batch, prompt.context_targets.shape[-1], input_dim))
    return jax.lax.scan(step, start, None, length=num_steps + 1)[1]


def one_step_losses(
    prompt: Prompt, learning_rates: Float[Array, " S"]
) -> tuple[Float[Array, " S"], Float[Array, ""]]:
    """Mean loss of one step for every learning rate, and the best learning rate.

    The prediction is linear in eta, so the loss is a parabola in eta with three
    coefficients, each a mean over prompts:
    loss(eta) = 1/2 E|y|^2 - eta E[y . p] + eta^2/2 E|p|^2, p the prediction at eta = 1.
    """
    unit = predict(prompt, [1.0])
    targets = prompt.query_targets
    square = jnp.mean(jnp.sum(unit**2, axis=-1))
    cross = jnp.mean(jnp.sum(unit * targets, axis=-1))
    constant = 0.5 * jnp.mean(jnp.sum(targets**2, axis=-1))
    losses = constant - learning_rates * cross + 0.5 * learning_rates**2 * square
    return losses, cross / square
