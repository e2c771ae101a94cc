"""Weights of linear stacks that descend the gradient on everything read so far.

Tokens are (Phi_0 s_t, s_t, s_t, s_{t-1}): the prediction so far, the state that layers
rework, the current state and the previous one.  Nothing here calls a baseline.

Shapes: n state dimension, D = 4 n token width; one head, keys of width 2 n.
"""

from collections.abc import Sequence

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def gradient_steps(
    initial_weights: Float[Array, "n n"], learning_rates: Sequence[float | Array]
) -> hk.Params:
    """One layer per gradient step on L_t(Phi) = 1/2 sum_{t' < t} |s_{t'+1} - Phi s_{t'}|^2.

    Every layer scores the previous state of a past token against the reworked state x,
    and writes, with A = sum_{t' < t} s_t' s_t'^T and x = s_t in the input,

        prediction <- prediction + eta sum_{t' <= t} (s_t' - Phi_0 s_{t'-1}) s_{t'-1}^T x
        x <- x - eta A x.

    After K layers the prediction is Phi_K s_t with Phi_{k+1} = Phi_k - eta_k grad L_t(Phi_k):
    factors I - eta_k A commute, so that it does not matter which layer takes which step.
    One layer is Proposition 1, whose x is never read again.

    Source: paper B, Proposition 1; several steps: derived, in the manner of Proposition 2.
    """
    size = initial_weights.shape[0]
    none, one = jnp.zeros((size, size)), jnp.eye(size)

    def layer(rate: float | Array) -> dict[str, Array]:
        step = jnp.asarray(rate) * one
        matrices = {
            "query": [[none, one, none, none], [none] * 4],
            "key": [[none, none, none, one], [none] * 4],
            "value": [[none, none, one, -initial_weights], [none, none, none, one]],
            "output": [[step, none], [none, -step], [none, none], [none, none]],
        }
        return {name: jnp.block(blocks)[None] for name, blocks in matrices.items()}

    return {f"layer_{index}": layer(rate) for index, rate in enumerate(learning_rates)}
