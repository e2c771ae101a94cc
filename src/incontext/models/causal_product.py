"""Products over the past and over the future, in chunks of time.

Both sums below are linear attention; one pass over chunks keeps the memory at
O(T (D + E)), where the full score matrix would take O(T^2).

Glossary of shapes: N independent sequences (batch times heads), T positions,
C positions of one chunk, D key width, E value width.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

CHUNK_SIZE = 64  # positions whose pairs are scored at once


class _Decay(NamedTuple):
    """How much of the past is remembered inside one chunk.

    within: between positions s <= t, zero elsewhere.  carried: from before the chunk to
    position t.  remaining: from position s to the end.  total: across the chunk.
    """

    within: Float[Array, "#N C C"]
    carried: Float[Array, "#N C 1"]
    remaining: Float[Array, "#N C 1"]
    total: Float[Array, "#N 1 1"]


def split_time(
    array: Float[Array, "N T *D"], chunk_size: int = CHUNK_SIZE
) -> Float[Array, "L N C *D"]:
    """Cut time into L chunks of equal length, padded with zeros at the end."""
    length = array.shape[1]
    num_chunks = math.ceil(length / chunk_size)
    size = math.ceil(length / num_chunks)
    padding = [(0, 0)] * array.ndim
    padding[1] = (0, num_chunks * size - length)
    chunks = jnp.pad(array, padding)
    chunks = chunks.reshape(array.shape[0], num_chunks, size, *array.shape[2:])
    return jnp.moveaxis(chunks, 1, 0)


def join_time(chunks: Float[Array, "L N C *D"], length: int) -> Float[Array, "N T *D"]:
    """Undo `split_time`."""
    joined = jnp.moveaxis(chunks, 0, 1)
    return joined.reshape(joined.shape[0], -1, *joined.shape[3:])[:, :length]


def causal_product(
    queries: Float[Array, "N T D"],
    keys: Float[Array, "N T D"],
    values: Float[Array, "N T E"],
    log_forget: Float[Array, "N T"] | None = None,
) -> Float[Array, "N T E"]:
    """Linear attention over the past, the current position included.

    o_t = sum_{s <= t} w(s, t) v_s (k_s . q_t),  w(s, t) = prod_{s < r <= t} gamma_r.

    Source: paper B, Equations 2 and 20.
    """
    size, width = keys.shape[-1], values.shape[-1]
    start = jnp.zeros((keys.shape[0], size, width), values.dtype)

    def advance(
        state: Array, chunk: tuple[Array, Array, Array, Array | None]
    ) -> tuple[Array, Array]:
        query, key, value, log_step = chunk
        decay = _decay(log_step, query.shape[1], query.dtype)
        scores = decay.within * jnp.einsum("ntd,nsd->nts", query, key)
        past = decay.carried * jnp.einsum("ntd,nde->nte", query, state)
        added = jnp.einsum("nsd,nse->nde", decay.remaining * key, value)
        return decay.total * state + added, past + jnp.einsum("nts,nse->nte", scores, value)

    chunks = jax.tree.map(split_time, (queries, keys, values, log_forget))
    return join_time(jax.lax.scan(advance, start, chunks)[1], queries.shape[1])


def anticausal_product(
    queries: Float[Array, "N T D"],
    keys: Float[Array, "N T D"],
    values: Float[Array, "N T E"],
    log_forget: Float[Array, "N T"] | None = None,
) -> Float[Array, "N T E"]:
    """Linear attention over the future, the current position included.

    o_s = sum_{t >= s} w(s, t) v_t (k_t . q_s), with the weights of `causal_product`:
    its transpose, computed by running it backwards in time.
    """
    if log_forget is not None:
        log_forget = jnp.pad(log_forget[:, 1:], ((0, 0), (0, 1)))
    backwards = jax.tree.map(
        lambda array: jnp.flip(array, axis=1), (queries, keys, values, log_forget)
    )
    return jnp.flip(causal_product(*backwards), axis=1)


def _decay(log_step: Float[Array, "N C"] | None, size: int, dtype: jnp.dtype) -> _Decay:
    past = jnp.tril(jnp.ones((size, size), bool))[None]
    if log_step is None:
        ones = jnp.ones((1, size, 1), dtype)
        return _Decay(past.astype(dtype), ones, ones, ones[:, :1])
    total = jnp.cumsum(log_step, axis=1)
    # The mask comes before the exponential: a difference against time may overflow.
    between = jnp.where(past, total[:, :, None] - total[:, None, :], -jnp.inf)
    return _Decay(
        jnp.exp(between),
        jnp.exp(total)[:, :, None],
        jnp.exp(total[:, -1:] - total)[:, :, None],
        jnp.exp(total[:, -1:])[:, :, None],
    )
