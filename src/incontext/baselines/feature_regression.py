"""Regression of the next state on features of the present one, at every position.

Shapes: B sequences, T positions, n state dimension, m width of a feature vector.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.baselines import proposition2
from incontext.baselines.proposition2 import RIDGE, Rates
from incontext.errors import Refusal


def ridge_regression(
    states: Float[Array, "B T n"], features: Float[Array, "B T m"], ridge: float
) -> Float[Array, "B T n"]:
    """Next states Phi_t f_t, with Phi_t fitted to the transitions before t; zero without any.

    Phi_t = argmin 1/2 sum_{t' < t} |s_{t'+1} - Phi f_t'|^2 + ridge/2 |Phi|^2.

    Raises:
        Refusal: if the ridge is not positive, so that the first fits would be singular.

    Source: paper B, Figure 7C, in the form of exact least squares.
    """
    if not ridge > 0:
        raise Refusal(f"ridge is {ridge}; it must be positive.")
    moments = _before(jnp.einsum("bti,btj->btij", features, features), 1)
    moments = moments + ridge * jnp.eye(features.shape[-1])[None, None]
    inputs = jnp.linalg.solve(moments, features[..., None])[..., 0]
    return jnp.einsum("btij,btj->bti", _transitions(states, features, 0), inputs)


def preconditioned_step(
    states: Float[Array, "B T n"],
    features: Float[Array, "B T m"],
    rates: Rates,
    *,
    ridge: float = RIDGE,
    delay: int = 0,
) -> Float[Array, "B T n"]:
    """Next states (sum_{t' < t} s_{t'+1} f_t'^T) x_t with the preconditioned features x_t.

    delay: how many of the latest transitions are left out of both sums, one in the published
    curves.

    Source: paper B, Proposition 2 and Figure 7C.
    """
    inputs = proposition2.precondition(features, rates, ridge=ridge, delay=delay)
    return jnp.einsum("btij,btj->bti", _transitions(states, features, delay), inputs)


def _transitions(states: Array, features: Array, delay: int) -> Float[Array, "B T n m"]:
    """Running sums of s_{t'+1} f_t'^T over t' < t - delay."""
    after = jnp.pad(states[:, 1:], ((0, 0), (0, 1), (0, 0)))  # the last one is not summed
    return _before(jnp.einsum("bti,btj->btij", after, features), 1 + delay)


def _before(terms: Float[Array, "B T i j"], shift: int) -> Float[Array, "B T i j"]:
    """Sums of the terms up to `shift` positions ago; zero before the first."""
    sums = jnp.cumsum(terms, axis=1)
    return jnp.pad(sums, ((0, 0), (shift, 0), (0, 0), (0, 0)))[:, : terms.shape[1]]
