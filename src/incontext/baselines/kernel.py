"""Kernel regression at every position: repeat what followed similar states.

Shapes: B sequences, T positions, n state dimension.
"""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def predict(
    states: Float[Array, "B T n"], sharpness: float | Array, *, delay: int = 0
) -> Float[Array, "B T n"]:
    """Next states as an average of earlier ones, weighted by likeness; zero without any.

    s_hat_{t+1} = sum_{t' < t - delay} softmax_t'(beta s_t' . s_t) s_{t'+1}, beta the sharpness.
    delay: how many of the latest transitions are left out (one in the published curves).

    Source: paper B, "On induction heads" and Figure 5B, the control for softmax attention.
    """
    length = states.shape[1]
    past = jnp.arange(length)[:, None] - delay > jnp.arange(length - 1)[None]  # [T, T - 1]
    logits = sharpness * jnp.einsum("btj,bsj->bts", states, states[:, :-1])
    weights = jax.nn.softmax(logits, axis=-1, where=past[None])
    return jnp.einsum("bts,bsj->btj", jnp.where(past[None], weights, 0.0), states[:, 1:])
