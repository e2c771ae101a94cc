"""Regression on features of a state, against NumPy in float64 and against that on states."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import feature_regression, proposition2
from incontext.baselines.proposition2 import Rates
from incontext.tasks.dynamics import NonlinearDynamics

TASK = NonlinearDynamics(3, 11, hidden_dim=7)
RATES = Rates((1.0, 3.5, 3.0), (0.0, 0.6, 1.2))


@pytest.fixture(scope="module")
def trajectory():
    return TASK.sample(5, key=jax.random.key(0))


def test_ridge_regression_is_that_of_numpy(trajectory):
    states = np.asarray(trajectory.inputs, np.float64)
    features = np.random.default_rng(0).normal(size=(5, 11, 4))  # another width than a state
    found = feature_regression.ridge_regression(trajectory.inputs, jnp.asarray(features), 0.1)
    for b in range(5):
        for t in range(11):
            seen, after = features[b, :t], states[b, 1 : t + 1]
            fitted = after.T @ seen @ np.linalg.inv(seen.T @ seen + 0.1 * np.eye(4))
            np.testing.assert_allclose(found[b, t], fitted @ features[b, t], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("delay", [0, 1])
def test_on_the_states_themselves_it_is_proposition_2(trajectory, delay):
    states = trajectory.inputs
    found = feature_regression.preconditioned_step(states, states, RATES, delay=delay)
    expected = proposition2.predict(states, RATES, delay=delay)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_with_the_right_features_only_noise_is_left():
    """Floor: n sigma^2 / 2 of the noise to come, and (1 + 1 / (t/n - 1)) for that of the fit."""
    task = NonlinearDynamics()
    batch = task.sample(400, key=jax.random.key(1))
    features = task.features(batch.inputs)
    losses = {
        name: 0.5 * jnp.mean(jnp.sum((found - batch.targets)[:, -1] ** 2, axis=-1))
        for name, found in {
            "features": feature_regression.ridge_regression(batch.inputs, features, 1e-3),
            "states": feature_regression.ridge_regression(batch.inputs, batch.inputs, 1e-3),
        }.items()
    }
    floor = 0.5 * 10 * task.noise**2
    assert 1.0 < losses["features"] / floor < 1.6  # about 1.25 with 49 transitions
    assert losses["states"] > 10 * floor


def test_a_ridge_of_zero_is_refused(trajectory):
    with pytest.raises(ValueError, match=r"ridge is 0\.0; it must be positive"):
        feature_regression.ridge_regression(trajectory.inputs, trajectory.inputs, 0.0)
