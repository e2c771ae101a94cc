"""Constructed tokens: the pairs that a token-binding layer would make, ready made.

Shapes: B sequences, T positions, n state dimension.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def constructed(states: Float[Array, "B T n"]) -> Float[Array, "B T D"]:
    """Tokens of four channels, e_t = (0, s_t, s_t, s_{t-1}) with s_0 = 0 and D = 4 n.

    The first channel is where the prediction grows, from Phi_0 s_t with Phi_0 = 0.

    Source: paper B, "Evidence for mesa-optimizers in linear attention-only models", and the
    authors' code (the text has three channels).
    """
    return jnp.concatenate([jnp.zeros_like(states), states, states, previous(states)], axis=-1)


def constructed_once(states: Float[Array, "B T n"]) -> Float[Array, "B T D"]:
    """Tokens (0, 0, s_t, s_{t-1}) for a single layer, which has nothing to rework.

    Source: the authors' code of paper B, Figures 4A and 4C.
    """
    zeros = jnp.zeros_like(states)
    return jnp.concatenate([zeros, zeros, states, previous(states)], axis=-1)


def previous(states: Float[Array, "B T n"]) -> Float[Array, "B T n"]:
    """State before each state, zero before the first."""
    return jnp.pad(states, ((0, 0), (1, 0), (0, 0)))[:, :-1]
