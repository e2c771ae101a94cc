"""Least squares on windows of past observations, where one observation does not tell the state.

Shapes: B sequences, T positions, n width of an observation, k observations in a window.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.baselines import least_squares
from incontext.errors import Refusal


def windows(states: Float[Array, "B T n"], length: int) -> Float[Array, "B T kn"]:
    """z_t = (s_t, s_{t-1}, ..., s_{t-k+1}), zero before the first observation.

    Raises:
        Refusal: if a window holds no observation.

    Source: paper B, "Prediction of partially observed dynamics".
    """
    if length < 1:
        raise Refusal(f"length is {length}; a window holds at least one observation.")
    size = states.shape[1]
    padded = jnp.pad(states, ((0, 0), (length - 1, 0), (0, 0)))
    parts = [padded[:, length - 1 - back : length - 1 - back + size] for back in range(length)]
    return jnp.concatenate(parts, axis=-1)


def predict(
    states: Float[Array, "B T n"], length: int, ridge: float | Array = 0.0
) -> Float[Array, "B T n"]:
    """Next observations Phi_t z_t, with Phi_t fitted to the transitions before t; zero without any.

    Phi_t = argmin 1/2 sum_{k <= t' < t} |s_{t'+1} - Phi z_t'|^2 + ridge/2 |Phi|^2, over whole
    windows: one that begins before the first observation obeys another law.  If states of n_h
    entries move linearly and n entries are observed, k >= n_h / n observations determine the next
    for almost every map: without noise it is then exact once k n whole windows were seen.

    Source: paper B, Figure 7B, in the form of exact least squares.
    """
    seen = windows(states, length)
    steps = states.shape[1]
    before = jnp.arange(steps)[:, None] > jnp.arange(steps - 1)[None]
    whole = jnp.arange(steps - 1) >= length - 1
    mask = (before & whole[None])[None, :, :, None]
    inputs = mask.astype(states.dtype) * seen[:, None, :-1]  # [B, T, T - 1, k n]
    targets = jnp.broadcast_to(states[:, None, 1:], (*inputs.shape[:3], states.shape[-1]))
    return jnp.einsum("btkj,btj->btk", least_squares.fit(inputs, targets, ridge), seen)
