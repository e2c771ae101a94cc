"""Weights of linear stacks that apply one map which they know, whatever the sequence.

Tokens are (0, s_t, s_t, s_{t-1}) with s_0 = 0: the prediction so far, the state that layers
rework, the current state and the previous one.  Nothing here calls a baseline.

Shapes: n state dimension, D = 4 n token width; two heads, keys of width n.
"""

from collections.abc import Sequence

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def apply_map(teacher: Float[Array, "n n"], rates: Sequence[float | Array]) -> hk.Params:
    """One layer per rate; two heads whose sums over the past differ by the current state alone.

    With x = s_t in the input, a layer computes

        D = sum_{t' <= t} s_t' s_t'^T - sum_{t' <= t} s_{t'-1} s_{t'-1}^T = s_t s_t^T,
        prediction <- prediction + c W D x,
        x <- x - c D x.

    Hence x stays a multiple of s_t, every layer multiplies it by 1 - c |s_t|^2, and after K
    layers the prediction is (1 - prod_k (1 - c_k |s_t|^2)) W s_t.

    Source: derived for this project; the tokens are those of paper B.
    """
    size = teacher.shape[0]
    none, one = jnp.zeros((size, size)), jnp.eye(size)
    query = [none, one, none, none]
    sources = ([none, none, one, none], [none, none, none, one])  # the current state, the previous

    def layer(rate: float | Array) -> dict[str, Array]:
        heads = [
            {
                "query": jnp.block([query]),
                "key": jnp.block([source]),
                "value": jnp.block([source]),
                "output": sign * rate * jnp.block([[teacher], [-one], [none], [none]]),
            }
            for source, sign in zip(sources, (1.0, -1.0), strict=True)
        ]
        return {name: jnp.stack([head[name] for head in heads]) for name in heads[0]}

    return {f"layer_{index}": layer(rate) for index, rate in enumerate(rates)}


def regress_map(teacher: Float[Array, "n n"], ridge: float | Array) -> hk.Params:
    """One mesa layer whose keys, queries and values are all the current states.

    prediction = W A_t (A_t + ridge I)^{-1} s_t with A_t = sum_{t' <= t} s_t' s_t'^T, the current
    state included: without a ridge W s_t from the first state on.  lambda is 1 / ridge.

    Source: derived for this project; the layer is that of paper B, Equation 5.
    """
    size = teacher.shape[0]
    none, one = jnp.zeros((size, size)), jnp.eye(size)
    current = jnp.block([[none, none, one, none]])[None]
    return {
        "layer_0": {
            "query": current,
            "key": current,
            "value": current,
            "output": jnp.block([[teacher], [none], [none], [none]])[None],
            "ridge_scale": jnp.reshape(1.0 / jnp.asarray(ridge), (1,)),
        }
    }
