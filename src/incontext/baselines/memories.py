"""Memories in closed form: pairs are written, queries are read, and nothing is trained.

Every function reads what one head would read at the end of a sequence of pairs (k_s, v_s),
s = 1 ... N, if its keys, values and queries were these.  `known` leaves room for pairs that are
not written yet.

Glossary of shapes: B draws, N pairs, D key width, E value width, Q queries.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float


class Pairs(NamedTuple):
    """What is written, in this order; unknown pairs hold zeros."""

    keys: Float[Array, "B N D"]
    values: Float[Array, "B N E"]
    known: Bool[Array, " N"]


Queries = Float[Array, "B Q D"]
Reading = Float[Array, "B Q E"]
Number = float | Float[Array, ""]


def linear_attention(pairs: Pairs, queries: Queries) -> Reading:
    """The sum of all outer products: o = sum_s v_s (k_s . q).

    Source: paper A, Proposition 1; paper B, Equation 2.
    """
    return jnp.einsum("bse,bsd,bqd->bqe", pairs.values, pairs.keys, queries)


def delta_rule(pairs: Pairs, queries: Queries, step: Number, gate: Number = 1.0) -> Reading:
    """One gradient step a pair on its own error: S <- g S - step (g S k - v) k^T, o = S q.

    With keys of unit length, step 1 writes every new pair exactly, and what lay along its key
    before is lost.  A gate g below 1 lets everything fade.

    Source: B. Widrow and M. Hoff (1960); DeltaNet (arXiv 2102.11174); with a gate, Gated
    DeltaNet (arXiv 2412.06464).
    """

    def write(state: Array, pair: tuple[Array, Array, Array]) -> tuple[Array, None]:
        key, value, is_known = pair
        state = jnp.where(is_known, gate, 1.0) * state
        error = jnp.einsum("bed,bd->be", state, key) - value
        return state - step * error[:, :, None] * key[:, None, :], None

    keys, values = (jnp.swapaxes(one, 0, 1) for one in (pairs.keys, pairs.values))
    batch, _, size = pairs.keys.shape
    nothing = jnp.zeros((batch, pairs.values.shape[-1], size), pairs.keys.dtype)
    state = jax.lax.scan(write, nothing, (keys, values, pairs.known))[0]
    return jnp.einsum("bed,bqd->bqe", state, queries)


def mesa(pairs: Pairs, queries: Queries, ridge_scale: Number, gate: Number = 1.0) -> Reading:
    """Ridge regression of values on keys: o = G (H + rho I)^{-1} q.

    G = sum_s w_s v_s k_s^T,  H = sum_s w_s k_s k_s^T,  w_s = g^(N - s),  rho = g^N / lambda,
    with N the number of known pairs.

    Source: paper B, Equations 4 and 5, Appendix C.
    """
    weighted, system = _regression(pairs, ridge_scale, gate)
    solutions = jnp.linalg.solve(system, jnp.swapaxes(queries, 1, 2))
    return jnp.einsum("bde,bdq->bqe", weighted, solutions)


def mesa_one_step(
    pairs: Pairs, queries: Queries, ridge_scale: Number, gate: Number = 1.0
) -> Reading:
    """The mesa layer after one step of conjugate gradient from zero, x = q q.q / q.A q.

    Linear attention whose size depends on the query: o = G q |q|^2 / (q^T (H + rho I) q).

    Source: MesaNet (arXiv 2506.05233), Section 3, with one step.
    """
    weighted, system = _regression(pairs, ridge_scale, gate)
    curvatures = jnp.einsum("bqd,bde,bqe->bq", queries, system, queries)
    steps = jnp.sum(queries**2, axis=-1) / curvatures
    return jnp.einsum("bde,bqd->bqe", weighted, steps[:, :, None] * queries)


def softmax_attention(pairs: Pairs, queries: Queries, sharpness: Number) -> Reading:
    """A mean of the values of similar keys: o = sum_s softmax_s(beta k_s . q) v_s.

    It keeps every pair, so its memory grows with N; the others keep D E or D (D + E) numbers.
    """
    logits = sharpness * jnp.einsum("bsd,bqd->bqs", pairs.keys, queries)
    weights = jax.nn.softmax(logits, axis=-1, where=pairs.known[None, None])
    return jnp.einsum("bqs,bse->bqe", weights, pairs.values)


def _regression(
    pairs: Pairs, ridge_scale: Number, gate: Number
) -> tuple[Float[Array, "B D E"], Float[Array, "B D D"]]:
    """G^T, and H with its penalty."""
    keys, values, known = pairs
    later = jnp.flip(jnp.cumsum(jnp.flip(known))) - known  # known pairs after each
    faded = keys * (gate**later)[None, :, None]
    penalty = gate ** jnp.sum(known) / ridge_scale
    system = jnp.einsum("bsd,bse->bde", faded, keys)
    identity = jnp.eye(keys.shape[-1], dtype=keys.dtype)[None]
    return jnp.einsum("bsd,bse->bde", faded, values), system + penalty * identity
