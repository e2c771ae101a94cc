"""Memory layers against loops in float64, written from the formulas alone."""

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.models import memory_layers as layers
from incontext.models.memory_layers import KINDS, MemoryLayer, Stream
from incontext.models.mesa import mesa_attention

B, T, H, D, E = 2, 11, 3, 5, 7


@pytest.fixture(scope="module")
def stream():
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((2, B, T, H, D))
    keys /= np.linalg.norm(keys, axis=-1, keepdims=True)
    strengths, kept = rng.uniform(0.2, 1.0, (2, B, T, H))
    strengths[:, 4] = 0.0
    return Stream(queries, keys, rng.standard_normal((B, T, H, E)), strengths, kept)


def over_heads(stream, read):
    """`read(queries, keys, values, strengths, kept)` of every sequence and head, [B, T, H, E]."""
    found = np.zeros((B, T, H, E))
    for b in range(B):
        for h in range(H):
            found[b, :, h] = read(h, *(one[b, :, h] for one in stream))
    return found


def loop_linear(_, queries, keys, values, strengths, __):
    memory, found = np.zeros((E, D)), []
    for q, k, v, b in zip(queries, keys, values, strengths, strict=True):
        memory = memory + b * np.outer(v, k)
        found.append(memory @ q)
    return np.array(found)


def loop_delta(_, queries, keys, values, strengths, kept):
    memory, found = np.zeros((E, D)), []
    for q, k, v, b, g in zip(queries, keys, values, strengths, kept, strict=True):
        memory = g * memory @ (np.eye(D) - b * np.outer(k, k)) + b * np.outer(v, k)
        found.append(memory @ q)
    return np.array(found)


def loop_softmax(_, queries, keys, values, strengths, __):
    found = []
    for t in range(T):
        written = [s for s in range(t + 1) if strengths[s] > 0]
        weights = np.exp([keys[s] @ queries[t] / np.sqrt(D) for s in written])
        found.append(weights @ values[written] / weights.sum())
    return np.array(found)


def loop_gated_mesa(penalty):
    def read(h, queries, keys, values, strengths, kept):
        gram, cross, found = np.zeros((D, D)), np.zeros((E, D)), []
        for q, k, v, b, g in zip(queries, keys, values, strengths, kept, strict=True):
            gram, cross = g * gram + b * np.outer(k, k), g * cross + b * np.outer(v, k)
            found.append(cross @ np.linalg.solve(gram + np.diag(penalty[h]), q))
        return np.array(found)

    return read


@pytest.mark.parametrize(
    ("layer", "loop"),
    [
        (layers.linear_attention, loop_linear),
        (layers.delta_rule, loop_delta),
        (layers.softmax_attention, loop_softmax),
    ],
)
def test_a_memory_reads_what_a_loop_reads(stream, layer, loop):
    with jax.enable_x64(True):
        found = layer(jax.tree.map(jnp.asarray, stream))
    np.testing.assert_allclose(found, over_heads(stream, loop), rtol=1e-10, atol=1e-12)


def test_the_gated_mesa_layer_solves_its_systems(stream):
    penalty = np.random.default_rng(1).uniform(0.25, 2.0, (H, D))
    with jax.enable_x64(True):
        found = layers.gated_mesa(jax.tree.map(jnp.asarray, stream), jnp.asarray(penalty))
    expected = over_heads(stream, loop_gated_mesa(penalty))
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_its_gradient_is_that_of_the_solution(stream):
    """Along one direction, against differences of the loop."""
    rng = np.random.default_rng(2)
    penalty, slopes = rng.uniform(0.25, 2.0, (H, D)), rng.standard_normal((B, T, H, E))
    toward = jax.tree.map(lambda one: 0.1 * rng.standard_normal(one.shape), (stream, penalty))
    toward[0].strengths[:, 4] = 0.0

    def loss(size):
        moved, ridge = jax.tree.map(lambda a, b: a + size * b, (stream, penalty), toward)
        return np.sum(slopes * over_heads(moved, loop_gated_mesa(ridge)))

    expected = (loss(1e-4) - loss(-1e-4)) / 2e-4
    with jax.enable_x64(True):
        arguments = jax.tree.map(jnp.asarray, (stream, penalty))
        gradient = jax.grad(lambda s, p: jnp.sum(slopes * layers.gated_mesa(s, p)), (0, 1))
        parts = jax.tree.map(
            lambda a, b: float(np.sum(np.asarray(a) * b)), gradient(*arguments), toward
        )
    assert sum(jax.tree.leaves(parts)) == pytest.approx(expected, rel=1e-5)


def test_without_gates_it_is_the_mesa_layer(stream):
    open_gates = stream._replace(strengths=np.ones((B, T, H)), kept=np.ones((B, T, H)))
    scales = np.array([0.5, 2.0, 4.0])
    penalty = np.repeat(1 / scales[:, None], D, axis=1)
    with jax.enable_x64(True):
        parts = jax.tree.map(jnp.asarray, open_gates)
        found = layers.gated_mesa(parts, jnp.asarray(penalty))
        expected = mesa_attention(*parts[:3], jnp.asarray(scales))
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_knows_no_future_and_writes_nothing_where_it_is_told(kind):
    tokens = jax.random.normal(jax.random.key(0), (2, 7, 6))
    writes = jnp.ones((2, 7)).at[:, 4].set(0.0)
    layer = hk.without_apply_rng(hk.transform(lambda *a: MemoryLayer(kind, 2, 3)(*a, 5)))
    params = layer.init(jax.random.key(1), tokens, writes)
    found = layer.apply(params, tokens, writes)
    later = layer.apply(params, tokens.at[:, 5].set(1.0), writes)
    np.testing.assert_allclose(found[:, :5], later[:, :5], rtol=1e-5, atol=1e-6)
    assert np.abs(np.asarray(found - later))[:, 5].max() > 1e-3
    if not KINDS[kind].forgets:  # a gate may close at a token that is not written
        read_only = layer.apply(params, tokens.at[:, 4].set(1.0), writes)
        np.testing.assert_allclose(found[:, 5:], read_only[:, 5:], rtol=1e-4, atol=1e-5)


def test_gates_and_penalty_start_where_they_are_said_to():
    tokens = jnp.zeros((1, 3, 6))
    layer = hk.transform(lambda *a: MemoryLayer("gated mesa", 2, 3).stream(*a))
    params = layer.init(jax.random.key(0), tokens, jnp.ones((1, 3)))
    stream = layer.apply(params, None, tokens, jnp.ones((1, 3)))
    np.testing.assert_allclose(stream.strengths, 0.5)
    np.testing.assert_allclose(stream.kept, 0.9975 / (1 + np.exp(-4)), rtol=1e-6)


def test_an_unknown_kind_is_refused():
    with pytest.raises(Refusal, match="kind is 'lstm'; use linear"):
        layers.check_kind("lstm")
