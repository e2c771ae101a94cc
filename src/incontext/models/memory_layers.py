"""Attention as a memory that is written and read at every position, in six kinds.

At position t a pair (k_t, v_t) is written with strength b_t in [0, 1] and then q_t is read;
strength 0 writes nothing.  Before a write, the kinds that forget keep the share g_t.

Shapes: B sequences, T positions, H heads, D key width, E value width, W token width.
"""

from collections.abc import Callable
from typing import NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.language import features
from incontext.models.mesa import mesa_attention

LARGEST_KEPT = 0.9975  # share of a memory that a gate keeps at most, as MesaNet has it
LEAST_PENALTY = 0.25  # of MesaNet's Lambda
CG_STEPS = 30
_OPEN = 4.0  # bias that a forgetting gate starts with: it keeps 0.98


class Stream(NamedTuple):
    """What one layer writes and reads: queries, keys, values, strengths b and shares kept g."""

    queries: Float[Array, "B T H D"]
    keys: Float[Array, "B T H D"]
    values: Float[Array, "B T H E"]
    strengths: Float[Array, "B T H"]
    kept: Float[Array, "B T H"]


def linear_attention(stream: Stream) -> Float[Array, "B T H E"]:
    """o_t = sum_{s <= t} b_s v_s (k_s . q_t).

    Source: paper B, Equation 2.
    """
    scores = jnp.einsum("bthd,bshd->bhts", stream.queries, stream.keys)
    scores = jnp.tril(scores) * jnp.moveaxis(stream.strengths, 1, 2)[:, :, None]
    return jnp.einsum("bhts,bshe->bthe", scores, stream.values)


def softmax_attention(stream: Stream) -> Float[Array, "B T H E"]:
    """o_t = sum_{s <= t} softmax_s(k_s . q_t / sqrt(D)) v_s over pairs with b_s > 0."""
    scores = jnp.einsum("bthd,bshd->bhts", stream.queries, stream.keys)
    past = jnp.tri(scores.shape[-1], dtype=bool)[None, None]
    written = jnp.moveaxis(stream.strengths, 1, 2)[:, :, None] > 0
    weights = jax.nn.softmax(scores / stream.keys.shape[-1] ** 0.5, axis=-1, where=past & written)
    return jnp.einsum("bhts,bshe->bthe", weights, stream.values)


def delta_rule(stream: Stream) -> Float[Array, "B T H E"]:
    """S_t = g_t S_{t-1} + b_t (v_t - g_t S_{t-1} k_t) k_t^T,  o_t = S_t q_t.

    Source: DeltaNet (arXiv 2102.11174, 2406.06484); with g, Gated DeltaNet (arXiv 2412.06464).
    """

    def advance(state: Array, position: Stream) -> tuple[Array, Array]:
        query, key, value, strength, kept = position
        state = kept[..., None, None] * state
        error = value - jnp.einsum("bhed,bhd->bhe", state, key)
        state = state + jnp.einsum("bh,bhe,bhd->bhed", strength, error, key)
        return state, jnp.einsum("bhed,bhd->bhe", state, query)

    batch, _, heads, size = stream.keys.shape
    empty = jnp.zeros((batch, heads, stream.values.shape[-1], size), stream.keys.dtype)
    over_time = jax.tree.map(lambda one: jnp.swapaxes(one, 0, 1), stream)
    return jnp.swapaxes(jax.lax.scan(advance, empty, over_time)[1], 0, 1)


def gated_mesa(stream: Stream, penalty: Float[Array, "H D"]) -> Float[Array, "B T H E"]:
    """The mesa layer with gates and a penalty that does not fade.

    o_t = G_t (H_t + diag(Lambda))^{-1} q_t,  G_t = g_t G_{t-1} + b_t v_t k_t^T,
    H_t = g_t H_{t-1} + b_t k_t k_t^T, by at most 30 steps of conjugate gradients that begin at
    q / diag(H + Lambda).  H_t x is itself linear attention with decay, so no matrix is formed.
    With b = 1, g = 1 and Lambda = I / lambda it is `mesa_attention`.

    Source: MesaNet (arXiv 2506.05233), Section 3.
    """
    decay = _decay(stream)

    def read(vectors: Array, targets: Array) -> Array:
        scores = jnp.einsum("bthd,bshd->bhts", vectors, stream.keys)
        return jnp.einsum("bhts,bshe->bthe", decay * scores, targets)

    def multiply(vectors: Array) -> Array:
        return read(vectors, stream.keys) + penalty[None, None] * vectors

    squares = jnp.einsum("bhts,bshd->bthd", decay, stream.keys**2)
    diagonal = jax.lax.stop_gradient(squares + penalty[None, None])

    def solve(product: Callable[[Array], Array], right_sides: Array) -> Array:
        return _conjugate_gradients(product, right_sides, right_sides / diagonal)

    solved = jax.lax.custom_linear_solve(multiply, stream.queries, solve, symmetric=True)
    return read(solved, stream.values)


def _decay(stream: Stream) -> Float[Array, "B H T S"]:
    """What is left at t of what was written at s: b_s prod_{s < r <= t} g_r."""
    total = jnp.cumsum(jnp.log(stream.kept), axis=1)
    total = jnp.moveaxis(total, 1, 2)
    past = jnp.tri(total.shape[-1], dtype=bool)[None, None]
    # The mask comes before the exponential: a difference against time may overflow.
    between = jnp.where(past, total[:, :, :, None] - total[:, :, None, :], -jnp.inf)
    return jnp.exp(between) * jnp.moveaxis(stream.strengths, 1, 2)[:, :, None]


def _conjugate_gradients(
    product: Callable[[Array], Array], right_sides: Array, start: Array
) -> Array:
    """Solutions of one symmetric system per position, after as many steps as there are unknowns."""

    def along(first: Array, second: Array) -> Array:
        return jnp.sum(first * second, axis=-1, keepdims=True)

    def step(state: tuple[Array, Array, Array], _: None) -> tuple[tuple[Array, Array, Array], None]:
        solution, residual, direction = state
        image, before = product(direction), along(residual, residual)
        size = before / jnp.maximum(along(direction, image), 1e-30)
        solution, residual = solution + size * direction, residual - size * image
        turn = along(residual, residual) / jnp.maximum(before, 1e-30)
        return (solution, residual, residual + turn * direction), None

    residual = right_sides - product(start)
    steps = min(CG_STEPS, 2 * right_sides.shape[-1])
    return jax.lax.scan(step, (start, residual, residual), None, length=steps)[0][0]


class Kind(NamedTuple):
    """What a kind of memory learns beside its projections.

    All but softmax divide queries and keys by their norm.
    strength: how strongly a pair is written.  forgets: how much is kept.  ridge: lambda of a head,
    whose logarithm is trained.  penalty: Lambda, 0.25 + softplus, of every key dimension.
    """

    strength: bool = False
    forgets: bool = False
    ridge: bool = False
    penalty: bool = False


KINDS: dict[str, Kind] = {
    "linear": Kind(),
    "delta": Kind(strength=True),
    "gated delta": Kind(strength=True, forgets=True),
    "mesa": Kind(ridge=True),
    "gated mesa": Kind(strength=True, forgets=True, penalty=True),
    "softmax": Kind(),
}


class MemoryLayer(hk.Module):
    """One layer of some kind: projections, gates, the memory, and a projection out.

    Raises:
        Refusal: if there is no such kind, or a size is not positive.
    """

    def __init__(self, kind: str, num_heads: int, key_size: int, name: str | None = None) -> None:
        super().__init__(name=name)
        check_kind(kind)
        if num_heads < 1 or key_size < 1:
            raise Refusal(
                f"num_heads is {num_heads} and key_size is {key_size}; both must be at least 1."
            )
        self.kind, self.num_heads, self.key_size = kind, num_heads, key_size

    def __call__(
        self, tokens: Float[Array, "B T W"], writes: Float[Array, "B T"], output_dim: int
    ) -> Float[Array, "B T O"]:
        """What is read at every position.  writes: 1 where a token is written, 0 elsewhere."""
        stream = self.stream(tokens, writes)
        if self.kind == "linear":
            mixed = linear_attention(stream)
        elif self.kind == "softmax":
            mixed = softmax_attention(stream)
        elif self.kind == "mesa":
            log_scale = hk.get_parameter("log_ridge_scale", (self.num_heads,), init=jnp.zeros)
            keys, values = (writes[:, :, None, None] * one for one in stream[1:3])
            mixed = mesa_attention(stream.queries, keys, values, jnp.exp(log_scale))
        elif self.kind == "gated mesa":
            shape = (self.num_heads, self.key_size)
            raw = hk.get_parameter("penalty", shape, init=hk.initializers.Constant(0.1174))
            mixed = gated_mesa(stream, LEAST_PENALTY + jax.nn.softplus(raw))
        else:
            mixed = delta_rule(stream)
        flat = mixed.reshape(*tokens.shape[:2], -1)
        return hk.Linear(output_dim, with_bias=False, name="output")(flat)

    def stream(self, tokens: Float[Array, "B T W"], writes: Float[Array, "B T"]) -> Stream:
        """Queries, keys, values and gates of every token."""

        def project(name: str) -> Float[Array, "B T H D"]:
            width = self.num_heads * self.key_size
            found = hk.Linear(width, with_bias=False, name=name)(tokens)
            return found.reshape(*tokens.shape[:2], self.num_heads, self.key_size)

        def gate(name: str, bias: float) -> Float[Array, "B T H"]:
            start = hk.initializers.Constant(bias)
            return jax.nn.sigmoid(hk.Linear(self.num_heads, b_init=start, name=name)(tokens))

        queries, keys, values = project("query"), project("key"), project("value")
        if self.kind != "softmax":
            queries, keys = features(queries, 0), features(keys, 0)
        strengths = jnp.broadcast_to(writes[:, :, None], queries.shape[:3])
        kept = jnp.ones_like(strengths)
        learned = KINDS[self.kind]
        if learned.strength:
            strengths = strengths * gate("strength", 0.0)
        if learned.forgets:
            kept = LARGEST_KEPT * gate("forget", _OPEN)
        return Stream(queries, keys, values, strengths, kept)


def check_kind(kind: str) -> None:
    """Refuse a kind that there is not."""
    if kind not in KINDS:
        raise Refusal(f"kind is {kind!r}; use {', '.join(KINDS)}.")
