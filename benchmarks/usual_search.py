"""The baseline of the step-size search: a Python loop over step sizes.

For every step size one jitted call takes the steps on all tasks, with automatic
differentiation of each task's own loss, and hands one number back to Python.
"""

import functools

import jax
import jax.numpy as jnp
from jax import Array


@functools.partial(jax.jit, static_argnames=("num_steps", "bound"))
def mean_loss(
    tasks: tuple[Array, Array, Array, Array],
    step_size: float,
    num_steps: int,
    bound: float | None,
) -> Array:
    """Mean loss of `num_steps` gradient steps on every task, the prediction clipped to +-bound."""

    def fit(inputs: Array, targets: Array, query: Array, answer: Array) -> Array:
        def loss(weights: Array) -> Array:
            return 0.5 * jnp.sum((inputs @ weights - targets) ** 2)

        weights = jnp.zeros(inputs.shape[-1])
        for _ in range(num_steps):
            weights = weights - step_size * jax.grad(loss)(weights)
        prediction = query @ weights
        if bound is not None:
            prediction = jnp.clip(prediction, -bound, bound)
        return 0.5 * (prediction - answer) ** 2

    return jnp.mean(jax.vmap(fit)(*tasks))


def search(
    tasks: tuple[Array, Array, Array, Array],
    step_sizes: list[float],
    num_steps: int,
    bound: float | None = None,
) -> float:
    """The step size with the lowest mean loss."""
    best, lowest = step_sizes[0], float("inf")
    for step_size in step_sizes:
        loss = float(mean_loss(tasks, step_size, num_steps, bound))
        if loss < lowest:
            best, lowest = step_size, loss
    return best
