"""Preconditioned least squares by a short iteration, at every position.

Shapes: B sequences, T positions, n state dimension, K iterations.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

RIDGE = 0.001  # the authors' code adds RIDGE * I to the second moment


class Rates(NamedTuple):
    """Step sizes alpha_k and momenta beta_k of the iteration, one of each per iteration."""

    alpha: Sequence[float]
    beta: Sequence[float]


def published_rates() -> Rates:
    """Rates that the authors learned for six iterations on this task.

    Source: stored results of paper B, Figure 4D.
    """
    return Rates(
        (1.0257748, 3.2508426, 3.2583678, 3.2122886, 2.694414, 1.2727231),
        (0.0, 0.6787798, 0.30748147, 0.74470717, 1.8360422, 2.3438027),
    )


def precondition(
    states: Float[Array, "B T n"], rates: Rates, *, ridge: float = RIDGE, delay: int = 0
) -> Float[Array, "B T n"]:
    """Approximate (sum_{t' < t} s_t' s_t'^T + ridge I)^{-1} s_t.

    With A the matrix divided by its Frobenius norm f, x_0 = r_0 = s_t and

        r_{k+1} = r_k - alpha_k A r_k,
        x_{k+1} = x_k + r_{k+1} + beta_k (x_k - x_{k-1}),    x_{-1} = x_0,

    the result is x_K / f.

    Source: paper B, Proposition 2, in the form of the authors' code.
    """
    sums = jnp.cumsum(jnp.einsum("bti,btj->btij", states, states), axis=1)
    moments = _later(sums, 1 + delay) + ridge * jnp.eye(states.shape[-1])[None, None]
    scale = jnp.linalg.norm(moments, axis=(-2, -1), keepdims=True)
    remainder = current = before = states
    for alpha, beta in zip(rates.alpha, rates.beta, strict=True):
        remainder = remainder - alpha * jnp.einsum("btij,btj->bti", moments / scale, remainder)
        current, before = current + remainder + beta * (current - before), current
    return current / scale[..., 0]


def predict(
    states: Float[Array, "B T n"], rates: Rates, *, ridge: float = RIDGE, delay: int = 0
) -> Float[Array, "B T n"]:
    """Next states (sum_{t' < t} s_{t'+1} s_t'^T) x_t with the preconditioned input x_t.

    delay: how many of the latest transitions are left out of both sums.  The published
    curves leave out one: at t = 2 they predict as badly as at t = 1.

    Source: paper B, Proposition 2.
    """
    steps = jnp.einsum("bti,btj->btij", states[:, 1:], states[:, :-1])
    sums = jnp.pad(jnp.cumsum(steps, axis=1), ((0, 0), (1, 0), (0, 0), (0, 0)))
    inputs = precondition(states, rates, ridge=ridge, delay=delay)
    return jnp.einsum("btij,btj->bti", _later(sums, delay), inputs)


def _later(sums: Float[Array, "B T n n"], delay: int) -> Float[Array, "B T n n"]:
    """Running sums as they stood `delay` positions ago, zero before the first."""
    padded = jnp.pad(sums, ((0, 0), (delay, 0), (0, 0), (0, 0)))
    return padded[:, : sums.shape[1]]
