"""The mesa layer by its four methods as sequences grow, beside attention, turn by turn.

Linear attention comes twice: in chunks, in linear time, and with all scores formed at once.
Forward and backward, B = 64 sequences, H = 4 heads, D = 20.  Memory is what the compiled program
reserves for its temporaries; a program that would reserve more than the limit is not run.
A second part compares lengths of a chunk.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from benchmarks import harness
from benchmarks.harness import Benchmark, Row, Size, Turn
from incontext.models.attention import Weighting, attention_weights
from incontext.models.causal_product import causal_product
from incontext.models.mesa import Method, mesa_attention

LENGTHS = (50, 256, 1024, 4096)
HEADS, WIDTH = 4, 20
MEMORY_LIMIT = 8e9  # bytes
BESIDE = "linear attention, in chunks"
CHUNKS, CHUNKED_LENGTH = (4, 8, 16, 32), 256

Layer = Callable[[Array, Array, Array, Array], Array]


def mesa(method: Method, chunk: int | None = None) -> Layer:
    """The mesa layer by one of its methods."""
    return lambda *arrays: mesa_attention(*arrays, method=method, chunk=chunk)


def attention(weighting: Weighting) -> Layer:
    """Attention over the past that forms all scores; it ignores the ridge scale."""

    def layer(queries: Array, keys: Array, values: Array, ridge_scale: Array) -> Array:
        del ridge_scale
        scores = jnp.einsum("bthd,bshd->bhts", queries, keys)
        weights = attention_weights(scores, weighting, causal=True)
        return jnp.einsum("bhts,bshd->bthd", weights, values)

    return layer


def linear_in_chunks(queries: Array, keys: Array, values: Array, ridge_scale: Array) -> Array:
    """Linear attention over the past without a score matrix; it ignores the ridge scale."""
    del ridge_scale
    batch, length, heads, width = queries.shape
    flat = (jnp.swapaxes(a, 1, 2).reshape(-1, length, width) for a in (queries, keys, values))
    return jnp.swapaxes(causal_product(*flat).reshape(batch, heads, length, width), 1, 2)


LAYERS: dict[str, Layer] = {
    "mesa, recursive": mesa("recursive"),
    "mesa, solve": mesa("solve"),
    "mesa, cg": mesa("cg"),
    "mesa, chunked": mesa("chunked"),
    BESIDE: linear_in_chunks,
    "linear attention, all scores": attention("linear"),
    "softmax attention, all scores": attention("softmax"),
}


def program(layer: Layer, batch: int, length: int) -> tuple[Turn, float]:
    """A turn of the gradient in milliseconds, and the bytes of its temporaries."""
    draws = jax.random.normal(jax.random.key(0), (4, batch, length, HEADS, WIDTH))
    *arrays, slopes = draws / WIDTH**0.5
    arguments = (*arrays, jnp.ones(HEADS))

    def loss(arguments: tuple[Array, ...], slopes: Array) -> Array:
        return jnp.sum(slopes * layer(*arguments))

    # Slopes are an argument: of a constant the compiler would work out, for minutes, what it can.
    compiled = jax.jit(jax.grad(loss)).lower(arguments, slopes).compile()
    memory = getattr(compiled.memory_analysis(), "temp_size_in_bytes", 0)

    def turn() -> float:
        return 1e3 * harness.seconds(lambda: jax.block_until_ready(compiled(arguments, slopes)))

    return turn, float(memory)


def measure(size: Size) -> list[Row]:
    """One row per layer and length."""
    lengths, batch = size.pick((LENGTHS, 64), ((7, 13), 2))
    return [row for length in lengths for row in measure_length(length, batch, size.turns)]


def measure_length(length: int, batch: int, turns: int) -> list[Row]:
    """All layers that fit at one length, turn by turn."""
    programs = {name: program(layer, batch, length) for name, layer in LAYERS.items()}
    fitting = {name: turn for name, (turn, held) in programs.items() if held <= MEMORY_LIMIT}
    costs = harness.take_turns(fitting, turns)
    rows = []
    for name, (_, held) in programs.items():
        row = {"layer": name, "positions": length, "megabytes": round(held / 1e6, 1)}
        if name not in costs:
            rows.append(row | {"milliseconds": "not run"})
            continue
        spread = {"milliseconds": harness.told(costs[name])}
        rows.append(row | spread | {"times linear": harness.ratio(costs[name], costs[BESIDE])})
    return rows


def measure_chunks(size: Size) -> list[Row]:
    """One row per length of a chunk, beside the recursion and linear attention in chunks."""
    length, batch = size.pick((CHUNKED_LENGTH, 64), (13, 2))
    layers = {f"mesa, chunks of {chunk}": mesa("chunked", chunk) for chunk in CHUNKS}
    layers = {name: LAYERS[name] for name in ("mesa, recursive", BESIDE)} | layers
    programs = {name: program(layer, batch, length) for name, layer in layers.items()}
    costs = harness.take_turns({name: turn for name, (turn, _) in programs.items()}, size.turns)
    return [
        {
            "layer": name,
            "positions": length,
            "megabytes": round(held / 1e6, 1),
            "milliseconds": harness.told(costs[name]),
            "times recursive": harness.ratio(costs[name], costs["mesa, recursive"]),
            "times linear": harness.ratio(costs[name], costs[BESIDE]),
        }
        for name, (_, held) in programs.items()
    ]


BENCHMARK = Benchmark(
    "mesa",
    "the mesa layer's methods as sequences grow, beside linear and softmax attention",
    {"positions": measure, "chunks": measure_chunks},
)
