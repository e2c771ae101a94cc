"""Layers for raw tokens, written down: bind neighbours, then learn from the pairs.

Raw tokens are embedded into (prediction, current state, previous state), the last two channels
filled by the embedding and by a softmax head that looks one position back.

Shapes: n state dimension, D = 3 n token width, P position width, which is also the key width.
"""

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal

_CHANNELS = 3
_PREDICTION, _CURRENT, _PREVIOUS = range(_CHANNELS)


def bind_neighbours(state_dim: int, position_dim: int, sharpness: float) -> hk.Params:
    """Embedding and a softmax layer that writes s_{t-1} beside s_t.

    Scores are sharpness * p_s^T p_{t-1}, greatest at s = t - 1; the state read there goes into
    the empty channel.  At t = 1 only the token itself can be read: its previous state is s_1.

    Raises:
        Refusal: if positions are not pairs of sine and cosine, or narrower than a state.

    Source: derived; paper B, "Aggregate internal token representations develop through
    training", describes the layer it stands for.
    """
    if position_dim % 2 or position_dim < state_dim:
        raise Refusal(
            f"position_dim is {position_dim}; it must be even and at least state_dim = {state_dim}."
        )
    width = _CHANNELS * state_dim
    blind = jnp.zeros((position_dim, width))
    back = (
        sharpness * jnp.sqrt(position_dim) * one_back(position_dim)
    )  # softmax divides by the root
    return {
        "embedding": {"w": _into(_CURRENT, state_dim, state_dim).T},
        "layer_0": {
            "query": jnp.concatenate([blind, back], axis=1)[None],
            "key": jnp.concatenate([blind, jnp.eye(position_dim)], axis=1)[None],
            "value": _out_of(_CURRENT, state_dim, position_dim)[None],
            "output": _into(_PREVIOUS, state_dim, position_dim)[None],
        },
    }


def one_back(position_dim: int) -> Float[Array, "P P"]:
    """The matrix that turns p_t into p_{t-1}: every pair of sine and cosine rotated by its rate."""
    rates = 10_000.0 ** (-2.0 * jnp.arange(position_dim // 2) / position_dim)
    sines, cosines = 2 * jnp.arange(position_dim // 2), 2 * jnp.arange(position_dim // 2) + 1
    matrix = jnp.zeros((position_dim, position_dim))
    matrix = matrix.at[sines, sines].set(jnp.cos(rates)).at[sines, cosines].set(-jnp.sin(rates))
    return matrix.at[cosines, cosines].set(jnp.cos(rates)).at[cosines, sines].set(jnp.sin(rates))


def solve_pairs(state_dim: int, key_size: int, ridge_scale: float) -> hk.Params:
    """A mesa layer that regresses current on previous states, and the read-out.

    Its prediction is Phi_t s_t with Phi_t = argmin 1/2 sum |s_{t'+1} - Phi s_t'|^2
    + |Phi|^2 / (2 lambda) over the pairs bound so far.

    Source: paper B, Equation 5.
    """
    layer = _pair_layer(state_dim, key_size, 1.0)
    return {
        "layer_1": {**layer, "ridge_scale": jnp.array([ridge_scale])},
        "prediction": {"w": _out_of(_PREDICTION, state_dim, state_dim).T},
    }


def descend_on_pairs(state_dim: int, key_size: int, learning_rate: float) -> hk.Params:
    """A linear layer that takes one gradient step on the pairs from Phi = 0, and the read-out.

    Source: paper B, Proposition 1.
    """
    return {
        "layer_1": _pair_layer(state_dim, key_size, learning_rate),
        "prediction": {"w": _out_of(_PREDICTION, state_dim, state_dim).T},
    }


def _pair_layer(state_dim: int, key_size: int, gain: float) -> dict[str, Array]:
    """Compare previous states with the current one; write current states as predictions."""
    return {
        "query": _out_of(_CURRENT, state_dim, key_size)[None],
        "key": _out_of(_PREVIOUS, state_dim, key_size)[None],
        "value": _out_of(_CURRENT, state_dim, key_size)[None],
        "output": gain * _into(_PREDICTION, state_dim, key_size)[None],
    }


def _out_of(channel: int, state_dim: int, size: int) -> Float[Array, "K D"]:
    """Reads one channel of a token into the first n of `size` numbers."""
    rows = jnp.arange(state_dim)
    empty = jnp.zeros((size, _CHANNELS * state_dim))
    return empty.at[rows, channel * state_dim + rows].set(1.0)


def _into(channel: int, state_dim: int, size: int) -> Float[Array, "D K"]:
    """Writes the first n of `size` numbers into one channel of a token."""
    return _out_of(channel, state_dim, size).T
