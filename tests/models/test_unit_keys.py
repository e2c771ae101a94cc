"""Attention on queries and keys of length one, against NumPy in float64."""

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.models.initialization import Gaussian
from incontext.models.kinds import KINDS
from incontext.models.unit_keys import unit

HEADS, KEY, WIDTH, POSITION, LENGTH = 2, 5, 7, 3, 11


def layer(kind):
    """A layer with its parameters, as a function of tokens and positions."""
    make = KINDS[kind]
    model = hk.without_apply_rng(
        hk.transform(lambda t, p: make(HEADS, KEY, Gaussian(0.4), "layer")(t, p))
    )
    tokens = jax.random.normal(jax.random.key(0), (3, LENGTH, WIDTH))
    positions = jax.random.normal(jax.random.key(1), (LENGTH, POSITION))
    params = model.init(jax.random.key(2), tokens, positions)
    return model.apply, params, tokens, positions


def projections(params, tokens, positions):
    """Queries, keys and values [H, T, K] of one sequence and the output, in float64."""
    weights = {name: np.asarray(one, np.float64) for name, one in params["layer"].items()}
    seen = np.concatenate([tokens, positions], axis=1)
    queries, keys = (np.einsum("td,hkd->htk", seen, weights[name]) for name in ("query", "key"))
    queries, keys = (one / np.sqrt((one**2).sum(-1, keepdims=True)) for one in (queries, keys))
    return queries, keys, np.einsum("td,hkd->htk", tokens, weights["value"]), weights


def softmax_update(params, tokens, positions):
    queries, keys, values, weights = projections(params, tokens, positions)
    update = np.zeros((LENGTH, WIDTH))
    for head in range(HEADS):
        for t in range(LENGTH):
            scores = np.exp(keys[head, : t + 1] @ queries[head, t] / np.sqrt(KEY))
            mixture = scores @ values[head, : t + 1] / scores.sum()
            update[t] += weights["output"][head] @ mixture
    return update


def mesa_update(params, tokens, positions):
    queries, keys, values, weights = projections(params, tokens, positions)
    update = np.zeros((LENGTH, WIDTH))
    for head in range(HEADS):
        ridge = np.eye(KEY) / weights["ridge_scale"][head]
        for t in range(LENGTH):
            k, v = keys[head, : t + 1], values[head, : t + 1]
            fitted = v.T @ k @ np.linalg.inv(k.T @ k + ridge)
            update[t] += weights["output"][head] @ fitted @ queries[head, t]
    return update


@pytest.mark.parametrize(
    ("kind", "expected"), [("unit-softmax", softmax_update), ("unit-mesa", mesa_update)]
)
def test_the_update_is_that_of_numpy(kind, expected):
    apply, params, tokens, positions = layer(kind)
    found = jax.jit(apply)(params, tokens, positions)
    for sequence, update in zip(tokens, found, strict=True):
        wanted = expected(params, np.asarray(sequence, np.float64), np.asarray(positions))
        np.testing.assert_allclose(update, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["unit-softmax", "unit-mesa"])
def test_lengths_of_queries_and_keys_do_not_count(kind):
    apply, params, tokens, positions = layer(kind)
    scaled = {"layer": dict(params["layer"])}
    for name, factor in (("query", 3.0), ("key", 0.2)):
        scaled["layer"][name] = factor * params["layer"][name]
    same = apply(scaled, tokens, positions)
    np.testing.assert_allclose(same, apply(params, tokens, positions), rtol=1e-4, atol=1e-5)
    plain_apply, *_ = layer(kind.removeprefix("unit-"))
    other = plain_apply(scaled, tokens, positions)
    assert float(jnp.abs(other - plain_apply(params, tokens, positions)).max()) > 0.01


def test_a_zero_vector_stays_zero_and_has_a_gradient():
    assert not unit(jnp.zeros((2, 3))).any()
    assert np.isfinite(jax.grad(lambda x: unit(x).sum())(jnp.zeros(3))).all()
    np.testing.assert_allclose(jnp.linalg.norm(unit(jnp.array([3.0, 4.0, 12.0]))), 1.0, rtol=1e-6)
