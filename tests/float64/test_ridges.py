"""Mesa heads with known projections: what is read off their weights, in double precision."""

import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis import ridges
from incontext.baselines import causal_gradient_step, least_squares
from incontext.models import constructed_mesa
from incontext.models.sequence import SequenceConfig, build
from incontext.tasks import channels

SIZE, KEY_SIZE, LENGTH, BATCH = 3, 5, 11, 7


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def states(rng):
    return jnp.asarray(rng.normal(size=(BATCH, LENGTH, SIZE)))


def run(params, states, key_size, heads):
    config = SequenceConfig(("mesa",), heads, key_size, token_clip=None)
    return build(config, SIZE).apply(params, channels.constructed_once(states))


def disguised_head(rng, ridge, gain):
    """A head whose keys and queries are rotated into a wider space, scaled, and undone."""
    rotation = np.linalg.qr(rng.normal(size=(KEY_SIZE, SIZE)))[0]
    other = np.linalg.qr(rng.normal(size=(KEY_SIZE, SIZE)))[0]
    scale = 1.7
    none = np.zeros((KEY_SIZE, SIZE))
    layer = {
        "query": np.hstack([none, none, 0.6 * rotation, none]),
        "key": np.hstack([none, none, none, scale * rotation]),
        "value": np.hstack([none, none, other, none]),
        "output": gain * scale / 0.6 * np.vstack([other.T, np.zeros((3 * SIZE, KEY_SIZE))]),
        "ridge_scale": 1.0 / (ridge * scale**2),
    }
    return {name: jnp.asarray(array)[None] for name, array in layer.items()}


def test_ridge_and_gain_of_a_disguised_head_are_read_and_are_what_it_does(rng, states):
    layer = disguised_head(rng, ridge=0.31, gain=-0.8)
    found = ridges.read(layer, SIZE)
    np.testing.assert_allclose(found.ridge, [0.31], rtol=1e-12)
    np.testing.assert_allclose(found.gain, [-0.8], rtol=1e-12)
    outputs = run({"layer_0": layer}, states, KEY_SIZE, 1)
    expected = -0.8 * least_squares.predict(states, 0.31)
    np.testing.assert_allclose(outputs, expected, rtol=1e-9, atol=1e-11)


def test_a_constructed_layer_is_read_back():
    gains, penalties = jnp.array([0.5, 2.0]), jnp.array([0.01, 30.0])
    params = constructed_mesa.ridge_regressions(gains, penalties, SIZE)
    found = ridges.read(params["layer_0"], SIZE)
    np.testing.assert_allclose(found.gain, gains, rtol=1e-12)
    np.testing.assert_allclose(found.ridge, penalties, rtol=1e-12)


@pytest.mark.parametrize("ridge", [1e-3, 1.0, 1e3])
def test_a_constructed_layer_is_ridge_regression(states, ridge):
    params = constructed_mesa.ridge_regressions(jnp.ones(1), jnp.full(1, ridge), SIZE)
    expected = least_squares.predict(states, ridge)
    np.testing.assert_allclose(run(params, states, SIZE, 1), expected, rtol=1e-9, atol=1e-10)


def test_a_huge_ridge_is_one_gradient_step(states):
    ridge = jnp.full(1, 1e9)
    params = constructed_mesa.ridge_regressions(0.37 * ridge, ridge, SIZE)
    expected = causal_gradient_step.predict(states, 0.37)
    # The gap is the largest eigenvalue of the sum over the past divided by the ridge.
    np.testing.assert_allclose(run(params, states, SIZE, 1), expected, rtol=1e-6, atol=1e-6)
    modest = constructed_mesa.ridge_regressions(0.37 * jnp.ones(1), jnp.ones(1), SIZE)
    assert np.max(np.abs(run(modest, states, SIZE, 1) - expected)) > 0.1
