"""Memories in closed form against float64 computations that take one pair and query at a time."""

import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import memories

BATCH, KNOWN, ROOM, SIZE, WIDTH, ASKED = 3, 7, 11, 5, 2, 13


@pytest.fixture(params=[KNOWN, ROOM], ids=["room left", "full"])
def written(request):
    rng = np.random.default_rng(7)
    known = np.arange(ROOM) < request.param
    keys, values = rng.standard_normal((BATCH, ROOM, SIZE)), rng.standard_normal((BATCH, ROOM, 2))
    keys[:, ~known], values[:, ~known] = 0, 0
    queries = rng.standard_normal((BATCH, ASKED, SIZE))
    return keys, values, known, queries


def agrees(found, expected):
    # Float32 against float64; systems have condition numbers of a hundred or so.
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


def pairs_of(written):
    keys, values, known, queries = written
    arrays = (jnp.asarray(array) for array in (keys, values, known))
    return memories.Pairs(*arrays), jnp.asarray(queries)


def one_by_one(written, read):
    """Read every query of every draw with the known pairs alone."""
    keys, values, known, queries = written
    return np.array(
        [[read(keys[b, known], values[b, known], q) for q in queries[b]] for b in range(BATCH)]
    )


def test_linear_attention_is_a_sum_over_pairs(written):
    pairs, queries = pairs_of(written)
    expected = one_by_one(written, lambda k, v, q: sum(v[s] * (k[s] @ q) for s in range(len(k))))
    agrees(memories.linear_attention(pairs, queries), expected)


@pytest.mark.parametrize(("step", "gate"), [(1.0, 1.0), (0.4, 0.8)])
def test_the_delta_rule_steps_down_the_slope_of_every_pair(written, step, gate):
    pairs, queries = pairs_of(written)

    def read(keys, values, query):
        state = np.zeros((WIDTH, SIZE))
        for key, value in zip(keys, values, strict=True):
            state = gate * state
            slope = np.outer(state @ key - value, key)  # of half the squared error
            state = state - step * slope
        return state @ query

    agrees(memories.delta_rule(pairs, queries, step, gate), one_by_one(written, read))


def least_squares(keys, values, ridge_scale, gate):
    """Phi of the weighted problem, by singular values of the stacked system."""
    ages = np.arange(len(keys))[::-1]
    roots = np.sqrt(gate**ages)[:, None]
    penalty = np.sqrt(gate ** len(keys) / ridge_scale) * np.eye(SIZE)
    rows = np.concatenate([roots * keys, penalty])
    goals = np.concatenate([roots * values, np.zeros((SIZE, WIDTH))])
    return np.linalg.lstsq(rows, goals, rcond=None)[0].T


@pytest.mark.parametrize(("ridge_scale", "gate"), [(0.5, 1.0), (30.0, 0.8)])
def test_mesa_is_weighted_ridge_regression(written, ridge_scale, gate):
    pairs, queries = pairs_of(written)
    expected = one_by_one(written, lambda k, v, q: least_squares(k, v, ridge_scale, gate) @ q)
    agrees(memories.mesa(pairs, queries, ridge_scale, gate), expected)


def test_one_step_is_the_best_multiple_of_the_query(written):
    # Conjugate gradient's first step minimises 1/2 x.A x - q.x along q: tried on a grid.
    pairs, queries = pairs_of(written)
    ridge_scale, gate = 2.0, 0.9

    def read(keys, values, query):
        weights = gate ** np.arange(len(keys))[::-1]
        system = (weights * keys.T) @ keys + gate ** len(keys) / ridge_scale * np.eye(SIZE)
        multiples = np.linspace(0, 10, 200_001)
        energies = multiples**2 * (query @ system @ query) / 2 - multiples * (query @ query)
        return (weights * values.T) @ keys @ query * multiples[np.argmin(energies)]

    found = memories.mesa_one_step(pairs, queries, ridge_scale, gate)
    expected = one_by_one(written, read)
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=2e-3)  # the grid's spacing


def test_softmax_averages_known_values(written):
    pairs, queries = pairs_of(written)

    def read(keys, values, query):
        weights = np.exp(1.7 * keys @ query)
        return weights @ values / weights.sum()

    agrees(memories.softmax_attention(pairs, queries, 1.7), one_by_one(written, read))
