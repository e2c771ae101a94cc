"""The mesa layer in chunks of time: one Cholesky factor a chunk, and attention inside it.

Let R = S S^T be the inverse at the start of a chunk and F = K S its C keys as S sees them.  The
inverse after the first t of them is R_t = (R^{-1} + K_t^T K_t)^{-1} = S (I + F_t^T F_t)^{-1} S^T.
With the Cholesky factor L L^T = I + F F^T, which is C x C, and

    W = L^{-1} F,    V = (L + I)^{-1} F,

a square root of it is

    R_t = S_t S_t^T,    S_t = S (I - sum_{s <= t} w_s v_s^T),

because the leading block of a Cholesky factor is the factor of the leading block, and so is the
leading block of an inverse of a triangular matrix.  (Insert F F^T = L L^T - I to see that both
sides agree.)  So R_t q_t = S_t (S_t^T q_t) is twice causal linear attention between positions of
the chunk, once with keys w and values v, once with keys v and values w, and S_C starts the
next chunk.  Multiplied out, R_t = S (I - sum w_s w_s^T) S^T: attention whose keys and values
are the same.  That is one product fewer, but the difference loses twice the digits (key
gradients at lambda = 1000 and collinear keys: 1e-8 instead of 1e-10), so the root is used here.

Forgetting: after t positions A_t / c_t = A_0 + sum_s k_s k_s^T / c_s with c_t the product of
gamma within the chunk, so keys are divided by sqrt(c_s) and R_t by c_t.

Where it stops being accurate: a pivot of L is a difference of numbers as large as the largest
|f_s|^2 = k_s^T R k_s / c_s, which starts at lambda |k_s|^2.  Measured errors of outputs are up to
1e-16 of it, those of key gradients ten times as large.  Where it exceeds LARGEST_SPREAD, that
chunk and the rest of the sequence are NaN: use "recursive" there, or shorter chunks if the
reason is strong forgetting (at gamma = 0.5 it grows by 2^16 over 16 positions, by 2^32 over 32).

Glossary of shapes: N independent systems (batch times heads), T positions, L chunks of C
positions, D key width.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.causal_product import split_time
from incontext.models.mesa_solvers import Systems

LARGEST_SPREAD = 1e11  # of |f_s|^2; leaves five digits of float64


class Roots(NamedTuple):
    """S at the start of every chunk, and what leads from there to every position in it.

    shrinking, removed: w_s and v_s above.
    """

    starts: Float[Array, "N L D D"]
    shrinking: Float[Array, "N L C D"]
    removed: Float[Array, "N L C D"]


@dataclasses.dataclass(frozen=True)
class Chunked:
    """Square roots of the inverses, from chunk to chunk.

    chunk: most positions of one chunk; chunks are of equal length.
    Memory O(T D + T D^2 / C), time O(T (D^2 + C D + C^2)), T / C sequential steps.

    Raises:
        Refusal: if a chunk has no position.

    Source: the square root for one batch of measurements is A. Andrews', "A Square Root
    Formulation of the Kalman Covariance Equations" (1968); that its triangular blocks give every
    position of the batch is derived above.
    """

    chunk: int = 16

    def __post_init__(self) -> None:
        if self.chunk < 1:
            raise Refusal(f"chunk is {self.chunk}; it must be at least 1.")

    def factor(self, systems: Systems) -> Roots:
        """The roots; forward and backward pass share them."""
        keys, ridge_scale, _ = systems
        kept = self._kept(systems)
        if kept is not None:
            keys = keys / jnp.sqrt(self._joined(kept, keys.shape[1]))
        identity = jnp.eye(keys.shape[-1], dtype=keys.dtype)[None]

        def advance(start: Array, chunk: tuple[Array, Array | None]) -> tuple[Array, Roots]:
            key, kept = chunk
            shrinking, removed = _root(key @ start)
            following = start - (start @ _transposed(shrinking)) @ removed
            if kept is not None:
                following = following / jnp.sqrt(kept[:, -1:])
            return following, Roots(start, shrinking, removed)

        start = jnp.sqrt(ridge_scale)[:, None, None] * identity
        chunks = (split_time(keys, self.chunk), kept)
        found = jax.lax.scan(advance, start, chunks)[1]
        return jax.tree.map(lambda chunks: jnp.moveaxis(chunks, 0, 1), found)

    def solve(
        self, systems: Systems, factor: Roots, right_sides: Float[Array, "N T D"]
    ) -> Float[Array, "N T D"]:
        """Solutions x_t = S_t S_t^T b_t, in parallel over all chunks."""
        length = right_sides.shape[1]
        chunks = jnp.moveaxis(split_time(right_sides, self.chunk), 0, 1)
        starts, shrinking, removed = factor
        seen = chunks @ starts
        seen = seen - _mix(seen, shrinking, removed)
        seen = seen - _mix(seen, removed, shrinking)
        solutions = seen @ _transposed(starts)
        kept = self._kept(systems)
        if kept is None:
            return _join(solutions, length)
        kept = jnp.moveaxis(kept, 0, 1)
        traces = jnp.sum(starts**2, axis=(2, 3))[:, :, None, None] / kept  # at least tr R_t
        return systems.trusted(_join(solutions / kept, length), _join(traces, length))

    def _kept(self, systems: Systems) -> Float[Array, "L N C 1"] | None:
        """c_t: how much of a chunk's start is remembered at every position of it."""
        if systems.log_forget is None:
            return None
        steps = split_time(systems.log_forget[:, :, None], self.chunk)
        return jnp.exp(jnp.cumsum(steps, axis=2))

    @staticmethod
    def _joined(chunks: Float[Array, "L N C D"], length: int) -> Float[Array, "N T D"]:
        return _join(jnp.moveaxis(chunks, 0, 1), length)


def _root(seen: Float[Array, "N C D"]) -> tuple[Float[Array, "N C D"], Float[Array, "N C D"]]:
    """W and V of one chunk, of its keys F as the root at its start sees them."""
    identity = jnp.eye(seen.shape[1], dtype=seen.dtype)[None]
    factor = jnp.linalg.cholesky(identity + seen @ _transposed(seen), symmetrize_input=False)
    spread = jnp.max(jnp.sum(seen**2, axis=-1), axis=-1)[:, None, None]
    factor = jnp.where(spread <= LARGEST_SPREAD, factor, jnp.nan)

    def undo(triangle: Array) -> Array:
        return jax.lax.linalg.triangular_solve(triangle, seen, left_side=True, lower=True)

    return undo(factor), undo(factor + identity)


def _mix(
    queries: Float[Array, "N L C D"], keys: Float[Array, "N L C D"], values: Float[Array, "N L C D"]
) -> Float[Array, "N L C D"]:
    """Causal linear attention inside every chunk: sum_{s <= t} v_s (k_s . q_t)."""
    return jnp.tril(queries @ _transposed(keys)) @ values


def _transposed(matrices: Float[Array, "*N C D"]) -> Float[Array, "*N D C"]:
    return jnp.swapaxes(matrices, -2, -1)


def _join(chunks: Float[Array, "N L C D"], length: int) -> Float[Array, "N T D"]:
    return chunks.reshape(chunks.shape[0], -1, chunks.shape[-1])[:, :length]
