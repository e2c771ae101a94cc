"""One gradient step at every position, on all transitions seen so far.

Shapes: B sequences, T positions, n state dimension.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def predict(states: Float[Array, "B T n"], learning_rate: float | Array) -> Float[Array, "B T n"]:
    """Next states after one step from Phi_0 = 0.

    s_hat_{t+1} = eta (sum_{t' < t} s_{t'+1} s_{t'}^T) s_t, a step on
    L_t(Phi) = 1/2 sum_{t' < t} |s_{t'+1} - Phi s_t'|^2 (a sum, not a mean).

    Source: paper B, Proposition 1.
    """
    steps = jnp.einsum("bti,btj->btij", states[:, 1:], states[:, :-1])
    sums = jnp.pad(jnp.cumsum(steps, axis=1), ((0, 0), (1, 0), (0, 0), (0, 0)))
    return learning_rate * jnp.einsum("btij,btj->bti", sums, states)
