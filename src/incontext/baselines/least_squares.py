"""Least squares at every position, on all transitions seen so far.

Shapes: B sequences, T positions, n input width, m target width.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def fit(
    inputs: Float[Array, "*B N n"], targets: Float[Array, "*B N m"], ridge: float | Array = 0.0
) -> Float[Array, "*B m n"]:
    """Weights of (ridge) least squares; of least norm where the data leave a choice.

    argmin_W 1/2 sum_i |y_i - W x_i|^2 + ridge/2 |W|^2 = Y^T X (X^T X + ridge I)^{-1}, by
    singular values sigma: W^T = V diag(sigma / (sigma^2 + ridge)) U^T Y, never forming X^T X.
    Values below N eps sigma_max count as zero.
    """
    left, sizes, right = jnp.linalg.svd(inputs, full_matrices=False)
    noise = max(inputs.shape[-2:]) * jnp.finfo(inputs.dtype).eps
    kept = sizes > noise * jnp.max(sizes, axis=-1, keepdims=True)
    # Division by 1 where nothing is kept: a zero data matrix fits zero weights.
    gains = jnp.where(kept, sizes / jnp.where(kept, sizes**2 + ridge, 1.0), 0.0)
    return jnp.einsum("...ir,...r,...rj,...ik->...kj", left, gains, right, targets)


def predict(
    states: Float[Array, "B T n"], ridge: float | Array = 0.0, *, delay: int = 0
) -> Float[Array, "B T n"]:
    """Next states Phi_t s_t, with Phi_t fitted to the transitions before t; zero without any.

    Phi_t = argmin 1/2 sum_{t' < t - delay} |s_{t'+1} - Phi s_t'|^2 + ridge/2 |Phi|^2.
    delay: how many of the latest transitions are left out.  The published curves leave out
    one: their loss at t = 2 is that at t = 1.

    Source: paper B, "On induction heads" and Figure 5B (ridge); stored results of Figure 7A
    (exact least squares, which the printed figure leaves out).
    """
    length = states.shape[1]
    seen = jnp.arange(length)[:, None] - delay > jnp.arange(length - 1)[None]  # [T, T - 1]
    mask = seen[None, :, :, None].astype(states.dtype)
    inputs = mask * states[:, None, :-1]  # [B, T, T - 1, n]; an unseen transition is 0 -> 0
    targets = jnp.broadcast_to(states[:, None, 1:], inputs.shape)
    return jnp.einsum("btkj,btj->btk", fit(inputs, targets, ridge), states)
