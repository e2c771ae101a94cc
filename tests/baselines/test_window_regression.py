"""Least squares on windows of observations, against numpy and against what determines a system."""

import jax
import numpy as np
import pytest

from incontext.baselines import least_squares, window_regression
from incontext.tasks.dynamics import LinearDynamics, PartialObservation


@pytest.fixture(scope="module")
def quiet():
    """Six hidden entries, two of them seen at a time, no noise."""
    return PartialObservation(LinearDynamics(6, 31, noise=0.0), 2, noise=0.0).sample(
        5, key=jax.random.key(0)
    )


def losses(trajectory, length):
    errors = np.asarray(window_regression.predict(trajectory.inputs, length) - trajectory.targets)
    return np.abs(errors).max(axis=(0, 2))


def test_three_observations_of_two_entries_determine_six_hidden_ones(quiet):
    assert losses(quiet, 3)[14:].max() < 1e-2  # float32, windows that are nearly dependent
    assert losses(quiet, 2)[14:].max() > 0.1
    assert losses(quiet, 1)[14:].max() > 0.1


def test_windows_hold_the_latest_observation_first(quiet):
    found = np.asarray(window_regression.windows(quiet.inputs, 3))
    states = np.asarray(quiet.inputs)
    assert found.shape == (5, 31, 6)
    np.testing.assert_array_equal(found[2, 7], states[2, [7, 6, 5]].reshape(-1))
    np.testing.assert_array_equal(found[2, 1], [*states[2, 1], *states[2, 0], 0.0, 0.0])


def test_a_window_of_one_is_least_squares(quiet):
    found = window_regression.predict(quiet.inputs, 1, 0.3)
    np.testing.assert_allclose(found, least_squares.predict(quiet.inputs, 0.3), rtol=1e-5)


def test_it_agrees_with_the_normal_equations(quiet):
    found = np.asarray(window_regression.predict(quiet.inputs, 2, 0.1))
    states = np.asarray(quiet.inputs, np.float64)[3]
    rows = np.concatenate([states, np.vstack([np.zeros(2), states[:-1]])], axis=1)
    for t in (4, 17):
        before, after = rows[1:t], states[2 : t + 1]  # the first window is not whole
        weights = after.T @ before @ np.linalg.inv(before.T @ before + 0.1 * np.eye(4))
        np.testing.assert_allclose(found[3, t], weights @ rows[t], rtol=1e-4, atol=1e-5)


def test_an_empty_window_is_refused(quiet):
    with pytest.raises(ValueError, match="length is 0"):
        window_regression.windows(quiet.inputs, 0)
