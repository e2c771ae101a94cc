"""Weights of a mesa layer that solves ridge regressions on everything read so far.

Tokens are (.., .., s_t, s_{t-1}), four channels of n numbers, the first for the prediction.
Nothing here calls a baseline.

Shapes: n state dimension, D = 4 n token width, H heads with keys of width n.
"""

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def ridge_regressions(
    gains: Float[Array, " H"], ridges: Float[Array, " H"], state_dim: int
) -> hk.Params:
    """One layer whose heads h predict with gain_h times ridge regression, and add up.

        s_hat_{t+1} = sum_h gain_h B_t (A_t + ridge_h I)^{-1} s_t,
        A_t = sum_{t' < t} s_t' s_t'^T,  B_t = sum_{t' < t} s_{t'+1} s_t'^T.

    Keys are previous states, values and queries current ones, lambda_h = 1 / ridge_h.
    With gain = rate * ridge and ridge -> infinity a head is one gradient step of that rate.

    Source: paper B, Equations 4 and 5, with the tokens of Proposition 1.
    """
    none, one = jnp.zeros((state_dim, state_dim)), jnp.eye(state_dim)
    reads_current = jnp.concatenate([none, none, one, none], axis=1)
    reads_previous = jnp.concatenate([none, none, none, one], axis=1)
    writes_prediction = jnp.concatenate([one, none, none, none], axis=0)

    def every_head(matrix: Array) -> Array:
        return jnp.broadcast_to(matrix[None], (gains.shape[0], *matrix.shape))

    return {
        "layer_0": {
            "query": every_head(reads_current),
            "key": every_head(reads_previous),
            "value": every_head(reads_current),
            "output": gains[:, None, None] * every_head(writes_prediction),
            "ridge_scale": 1.0 / ridges,
        }
    }
