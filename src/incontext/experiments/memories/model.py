"""What is written and asked, and the memories that answer.

Shapes: B draws, N pairs there is room for, D key and value width, M settings.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, Key

from incontext.baselines import memories
from incontext.baselines.memories import Pairs


class Question(NamedTuple):
    """Pairs, what is asked of them, and what is right.

    candidates: values among which an answer is looked up; target: index of the right one.
    truths: the right values themselves.  asked: how many of the queries count.
    """

    pairs: Pairs
    queries: Float[Array, "B N D"]
    truths: Float[Array, "B N D"]
    target: Int[np.ndarray, " N"]
    asked: int


class Memory(NamedTuple):
    """A memory and the settings that it may choose from: rows of (setting, gate)."""

    read: Callable[[Pairs, Array, Array, Array], Array]
    settings: tuple[tuple[float, float], ...]


RIDGE_SCALES = (1.0, 10.0, 100.0, 1e4)
GATES = (0.7, 0.8, 0.9, 0.95)

MEMORIES = {
    "linear attention": Memory(
        lambda pairs, queries, _, __: memories.linear_attention(pairs, queries), ((1.0, 1.0),)
    ),
    "delta rule": Memory(
        memories.delta_rule, tuple((step, 1.0) for step in (0.25, 0.5, 0.75, 1.0))
    ),
    "gated delta rule": Memory(
        memories.delta_rule, tuple((step, gate) for step in (0.25, 0.5, 1.0) for gate in GATES)
    ),
    "mesa, one step": Memory(memories.mesa_one_step, tuple((one, 1.0) for one in RIDGE_SCALES)),
    "mesa": Memory(memories.mesa, tuple((one, 1.0) for one in RIDGE_SCALES)),
    "mesa, forgetting": Memory(memories.mesa, tuple((1e4, gate) for gate in GATES)),
    "softmax attention": Memory(
        lambda pairs, queries, sharpness, _: memories.softmax_attention(pairs, queries, sharpness),
        tuple((2.0**power, 1.0) for power in range(8)),
    ),
}


def draw_keys(
    shape: tuple[int, int, int], correlation: float | Array, *, key: Key[Array, ""]
) -> Float[Array, "B N D"]:
    """Keys of length one, whose mean inner product is about `correlation`.

    k_s = sqrt(c) u + sqrt(1 - c) z_s, scaled to length one, with u of the draw.
    """
    batch, _, size = shape
    shared, own = jax.random.split(key)
    common = _unit(jax.random.normal(shared, (batch, 1, size)))
    each = jax.random.normal(own, shape) / size**0.5
    return _unit(jnp.sqrt(correlation) * common + jnp.sqrt(1.0 - correlation) * each)


def recall(
    shape: tuple[int, int, int], load: int, correlation: float, noise: float, *, key: Key[Array, ""]
) -> Question:
    """Random values of length one; every key is asked for, with noise added."""
    pairs, queries, values = _recall(shape, load, correlation, noise, key)
    return Question(pairs, queries, values, np.arange(shape[1]), load)


@functools.partial(jax.jit, static_argnums=0)
def _recall(
    shape: tuple[int, int, int], load: Array, correlation: Array, noise: Array, key: Array
) -> tuple[Pairs, Array, Array]:
    first, second, third = jax.random.split(key, 3)
    keys = draw_keys(shape, correlation, key=first)
    values = _unit(jax.random.normal(second, shape))
    added = noise * jax.random.normal(third, shape) / shape[2] ** 0.5
    return _written(keys, values, load), _unit(keys + added), values


def new_query(
    shape: tuple[int, int, int], load: int, correlation: float, *, key: Key[Array, ""]
) -> Question:
    """Values are one linear map of the keys; keys that were not written are asked for."""
    pairs, queries, truths = _new_query(shape, load, correlation, key)
    return Question(pairs, queries, truths, np.arange(shape[1]), shape[1])


@functools.partial(jax.jit, static_argnums=0)
def _new_query(
    shape: tuple[int, int, int], load: Array, correlation: Array, key: Array
) -> tuple[Pairs, Array, Array]:
    first, second = jax.random.split(key)
    batch, room, size = shape
    keys = draw_keys((batch, 2 * room, size), correlation, key=first)
    rule = jax.random.normal(second, (batch, size, size)) / size**0.5
    values = jnp.einsum("bed,bnd->bne", rule, keys)
    return _written(keys[:, :room], values[:, :room], load), keys[:, room:], values[:, room:]


def rebound(shape: tuple[int, int, int], count: int, *, key: Key[Array, ""]) -> Question:
    """Keys are bound to values, then again in the same order; the second value is right."""
    target = np.minimum(np.arange(shape[1]) + count, shape[1] - 1)
    pairs, queries, values = _rebound(shape, count, key)
    return Question(pairs, queries, values, target, count)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _rebound(shape: tuple[int, int, int], count: int, key: Array) -> tuple[Pairs, Array, Array]:
    first, second = jax.random.split(key)
    keys = draw_keys(shape, 0.0, key=first)
    keys = jnp.concatenate([keys[:, :count], keys[:, :count], keys[:, 2 * count :]], axis=1)
    values = _unit(jax.random.normal(second, shape))
    return _written(keys, values, 2 * count), keys, values


def answers(name: str, question: Question) -> Float[np.ndarray, "M B N D"]:
    """What a memory reads for every query, with every setting."""
    settings = np.asarray(MEMORIES[name].settings)
    return np.asarray(_reader(name)(question.pairs, question.queries, settings))


def looked_up(found: Float[np.ndarray, "M B N D"], question: Question) -> Float[np.ndarray, "M B"]:
    """Share of queries whose answer is nearest to the right one of the values written."""
    known = np.asarray(question.pairs.known)
    values = np.asarray(question.truths)[:, known]
    likeness = np.einsum("mbqe,bve->mbqv", found[:, :, : question.asked], values)
    right = np.argmax(likeness, axis=-1) == question.target[: question.asked]
    return np.mean(right, axis=-1)


def scaled_error(
    found: Float[np.ndarray, "M B N D"], truths: Float[np.ndarray, "B N D"]
) -> Float[np.ndarray, " M"]:
    """Squared error over squared length of the truth, after the best single factor.

    min_c sum |c o - y|^2 / sum |y|^2 = 1 - (sum o.y)^2 / (sum |o|^2 sum |y|^2).
    """
    overlap = np.einsum("mbqe,bqe->m", found, truths)
    lengths = np.einsum("mbqe,mbqe->m", found, found) * np.sum(truths**2)
    return np.maximum(1 - overlap**2 / lengths, 0.0)  # rounding may lead below


def _written(keys: Array, values: Array, load: int | Array) -> Pairs:
    known = jnp.arange(keys.shape[1]) < load
    mask = known[None, :, None]
    return Pairs(jnp.where(mask, keys, 0.0), jnp.where(mask, values, 0.0), known)


def _unit(vectors: Array) -> Array:
    return vectors / jnp.linalg.norm(vectors, axis=-1, keepdims=True)


@functools.cache
def _reader(name: str) -> Callable[[Pairs, Array, np.ndarray], Array]:
    """A memory with all its settings at once, compiled once per shape."""
    read = MEMORIES[name].read

    @jax.jit
    def reader(pairs: Pairs, queries: Array, settings: Array) -> Array:
        return jax.vmap(lambda one: read(pairs, queries, one[0], one[1]))(settings)

    return reader
