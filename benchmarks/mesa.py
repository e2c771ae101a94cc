"""Cost of the mesa layer as sequences grow, beside causal linear and softmax attention.

Linear attention comes twice: with all scores formed at once, and in chunks, in linear time.

Forward and backward, B = 64 sequences, H = 4 heads, D = 20.  Peak memory is what the compiled
program reserves for its temporaries; a program that would reserve more than the limit is
compiled, so that its memory is known, but not run.
"""

import functools
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from benchmarks.harness import Benchmark, Row, Size
from incontext.models.attention import Weighting, attention_weights
from incontext.models.causal_product import causal_product
from incontext.models.mesa import Method, mesa_attention

BATCH, HEADS, SIZE = 64, 4, 20
LENGTHS = (50, 256, 1024, 4096)
TURNS, PATIENCE = 3, 20.0  # turns per case, fewer once they took this many seconds
MEMORY_LIMIT = 8e9  # bytes

Layer = Callable[[Array, Array, Array, Array], Array]


def mesa(method: Method) -> Layer:
    """The mesa layer by one of its methods."""
    return lambda *arrays: mesa_attention(*arrays, method=method)


def attention(weighting: Weighting) -> Layer:
    """Attention over the past that forms all scores; it ignores the ridge scale."""

    def layer(queries: Array, keys: Array, values: Array, ridge_scale: Array) -> Array:
        del ridge_scale
        scores = jnp.einsum("bthd,bshd->bhts", queries, keys)
        weights = attention_weights(scores, weighting, causal=True)
        return jnp.einsum("bhts,bshd->bthd", weights, values)

    return layer


def chunked_linear_attention(
    queries: Array, keys: Array, values: Array, ridge_scale: Array
) -> Array:
    """Linear attention over the past without a score matrix; it ignores the ridge scale."""
    del ridge_scale
    batch, length, heads, size = queries.shape
    flat = (jnp.swapaxes(a, 1, 2).reshape(-1, length, size) for a in (queries, keys, values))
    outputs = causal_product(*flat).reshape(batch, heads, length, size)
    return jnp.swapaxes(outputs, 1, 2)


LAYERS = {
    "mesa, recursive": mesa("recursive"),
    "mesa, solve": mesa("solve"),
    "mesa, cg": mesa("cg"),
    "linear attention, in chunks": chunked_linear_attention,
    "linear attention, all scores": attention("linear"),
    "softmax attention, all scores": attention("softmax"),
}


def measure(name: str, size: Size) -> list[Row]:
    """One row per length."""
    return [_row(name, length) for length in size.pick(LENGTHS, LENGTHS[:1])]


def _row(name: str, length: int) -> Row:
    shape = (4, BATCH, length, HEADS, SIZE)
    *arrays, slopes = jax.random.normal(jax.random.key(0), shape) / SIZE**0.5
    arguments = (*arrays, jnp.ones(HEADS))

    def loss(*arguments: Array) -> Array:
        return jnp.sum(slopes * LAYERS[name](*arguments))

    program = jax.jit(jax.grad(loss, argnums=(0, 1, 2, 3))).lower(*arguments).compile()
    memory = getattr(program.memory_analysis(), "temp_size_in_bytes", 0)
    row = {"benchmark": name, "positions": length, "peak megabytes": round(memory / 1e6, 1)}
    if memory > MEMORY_LIMIT:
        return row | {"milliseconds": "not run", "microseconds per position": "not run"}
    seconds = _fastest(lambda: jax.block_until_ready(program(*arguments)))
    return row | {
        "milliseconds": round(seconds * 1e3, 1),
        "microseconds per position": round(seconds / length * 1e6, 1),
    }


def _fastest(turn: Callable[[], object]) -> float:
    """Seconds of the fastest turn, the one that was disturbed least."""
    turn()
    best, begun = float("inf"), time.perf_counter()
    for _ in range(TURNS):
        start = time.perf_counter()
        turn()
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begun > PATIENCE:
            break
    return best


BENCHMARK = Benchmark(
    "mesa",
    "the mesa layer as sequences grow, beside attention",
    {
        name.replace(", ", "-").replace(" ", "-"): functools.partial(measure, name)
        for name in LAYERS
    },
)
