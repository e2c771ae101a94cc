"""Losses of ridge regression and kernel regression on the past, for many settings at once.

Shapes: B sequences, T positions, n state dimension, R ridges, G sharpnesses.
"""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.baselines import kernel
from incontext.tasks.types import Trajectory


def ridge_losses(
    trajectory: Trajectory, ridges: Float[Array, " R"], *, delay: int = 0
) -> Float[Array, "R T"]:
    """Half the squared error of ridge regression at every position, mean over sequences.

    Phi_t = C_t (A_t + ridge I)^{-1} with A_t = sum s s^T and C_t = sum s' s^T over the transitions
    s -> s' before t - delay, added up position by position.  In float32 a small ridge is lost
    beside large states: use float64.

    Source: paper B, Figures 5B and 20.
    """
    states = jnp.swapaxes(trajectory.states, 0, 1)  # [T + 1, B, n]
    size = states.shape[-1]
    identity = jnp.eye(size, dtype=states.dtype)[None]

    def losses(past: tuple[Array, Array], now: Array, target: Array) -> Array:
        def one(ridge: Array) -> Array:
            factor = jax.scipy.linalg.cho_factor(past[0] + ridge * identity)
            query = jax.scipy.linalg.cho_solve(factor, now[..., None])
            error = (past[1] @ query)[..., 0] - target
            return 0.5 * jnp.mean(jnp.sum(error**2, axis=-1))

        return jax.lax.map(one, ridges)

    def step(past: tuple[Array, Array], t: Array) -> tuple[tuple[Array, Array], Array]:
        seen = t - delay >= 1
        before, after = states[jnp.maximum(t - delay - 1, 0)], states[jnp.maximum(t - delay, 0)]
        weight = jnp.where(seen, 1.0, 0.0)
        gram, cross = past
        gram = gram + weight * jnp.einsum("bi,bj->bij", before, before)
        cross = cross + weight * jnp.einsum("bi,bj->bij", after, before)
        return (gram, cross), losses((gram, cross), states[t], states[t + 1])

    zeros = jnp.zeros((states.shape[1], size, size), states.dtype)
    length = states.shape[0] - 1
    return jax.lax.scan(step, (zeros, zeros), jnp.arange(length))[1].T


def kernel_losses(
    trajectory: Trajectory, sharpnesses: Float[Array, " G"], *, delay: int = 0
) -> Float[Array, "G T"]:
    """Half the squared error of softmax-kernel regression, as `ridge_losses`.

    Source: paper B, Figures 5B and 20.
    """

    def one(sharpness: Array) -> Array:
        error = kernel.predict(trajectory.inputs, sharpness, delay=delay) - trajectory.targets
        return 0.5 * jnp.mean(jnp.sum(error**2, axis=-1), axis=0)

    return jax.lax.map(one, sharpnesses)
