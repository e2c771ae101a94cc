"""Least squares and kernel regression at every position, against numpy loops and the paper."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import kernel, least_squares
from incontext.tasks.dynamics import LinearDynamics


@pytest.fixture
def states():
    return LinearDynamics(state_dim=5, length=17).sample(3, key=jax.random.key(0)).inputs


def by_loops(states, delay, predict_one):
    states = np.asarray(states, np.float64)
    found = np.zeros(states.shape)
    for b, t in np.ndindex(states.shape[:2]):
        seen = max(t - delay, 0)
        if seen:
            past, after = states[b, :seen], states[b, 1 : seen + 1]
            found[b, t] = predict_one(past, after, states[b, t])
    return found


@pytest.mark.parametrize("delay", [0, 1])
def test_exact_least_squares_agrees_with_numpy(states, delay):
    def one(past, after, now):
        return now @ np.linalg.lstsq(past, after, rcond=None)[0]

    found = least_squares.predict(states, delay=delay)
    expected = by_loops(states, delay, one)
    # Float32: with t = n transitions the condition number reaches some hundreds.
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    assert np.all(np.asarray(found)[:, : 1 + delay] == 0)


@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_ridge_least_squares_agrees_with_the_normal_equations(states, ridge):
    def one(past, after, now):
        return after.T @ past @ np.linalg.solve(past.T @ past + ridge * np.eye(5), now)

    found = least_squares.predict(states, ridge)
    np.testing.assert_allclose(found, by_loops(states, 0, one), rtol=1e-4, atol=1e-5)


def test_without_noise_least_squares_is_exact_after_n_transitions():
    task = LinearDynamics(state_dim=5, length=17, noise=0.0)
    trajectory = task.sample(7, key=jax.random.key(1))
    error = np.abs(least_squares.predict(trajectory.inputs) - trajectory.targets).max(axis=(0, 2))
    assert np.all(error[7:] < 1e-3)
    assert np.all(error[:5] > 1e-2)


def test_fit_of_no_data_is_zero_and_of_few_data_least_norm():
    zeros = least_squares.fit(jnp.zeros((3, 5)), jnp.ones((3, 2)))
    np.testing.assert_array_equal(zeros, 0.0)
    inputs, targets = jax.random.normal(jax.random.key(0), (2, 3, 5))
    found = least_squares.fit(inputs, targets)
    wanted = np.linalg.lstsq(np.asarray(inputs), np.asarray(targets), rcond=None)[0].T
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("delay", [0, 1])
def test_kernel_regression_agrees_with_numpy(states, delay):
    def one(past, after, now):
        weights = np.exp(1.7 * past @ now)
        return weights @ after / weights.sum()

    found = kernel.predict(states, 1.7, delay=delay)
    np.testing.assert_allclose(found, by_loops(states, delay, one), rtol=1e-4, atol=1e-6)


def test_the_future_does_not_reach_the_past(states):
    moved = states.at[:, 11:].add(1.0)
    for predict in (least_squares.predict, lambda s: kernel.predict(s, 1.0)):
        before, after = predict(states), predict(moved)
        np.testing.assert_allclose(before[:, :11], after[:, :11], rtol=1e-4, atol=1e-4)
        assert np.max(np.abs(before[:, 11] - after[:, 11])) > 0.1


class Published(NamedTuple):
    """Mean loss of a control and its spread from batch to batch."""

    mean: float
    spread: float


# Paper B, Figure 5B: loss per dimension (half squared error over T = 4n positions) of least
# squares and kernel regression; five batches of 128 sequences in the authors' stored results.
PUBLISHED = {
    4: (Published(0.0328, 0.0016), Published(0.0798, 0.0042)),
    6: (Published(0.0285, 0.0009), Published(0.0780, 0.0027)),
    10: (Published(0.0264, 0.0010), Published(0.0844, 0.0045)),
}


@pytest.mark.parametrize("size", PUBLISHED)
def test_published_losses_of_the_untrained_controls(size):
    trajectory = LinearDynamics(size, 4 * size).sample(640, key=jax.random.key(5))

    def loss(predictions):
        return float(jnp.mean((predictions - trajectory.targets) ** 2)) / 2

    def assert_near(found, published):
        # Two means of five batches each differ by sqrt(2 / 5) spreads; three times that.
        assert abs(found - published.mean) < 3 * np.sqrt(2 / 5) * published.spread, found

    squares, likeness = PUBLISHED[size]
    fitted = least_squares.predict(trajectory.inputs, 0.001, delay=1)
    assert_near(loss(fitted), squares)
    regress = jax.jit(lambda beta: kernel.predict(trajectory.inputs, beta, delay=1))
    assert_near(min(loss(regress(beta)) for beta in jnp.linspace(1e-4, 4.0, 40)), likeness)
    # Leaving no transition out is better than what was published.
    assert loss(least_squares.predict(trajectory.inputs, 0.001)) < 0.92 * squares.mean


def test_published_exact_least_squares_curve():
    # Paper B, Figure 7A, stored as its sixth curve: t = 1, 2, 5, 10 and 50.
    published = {1: 1.675, 2: 1.675, 5: 1.147, 10: 0.267, 50: 0.0006}
    trajectory = LinearDynamics().sample(512, key=jax.random.key(2))
    error = least_squares.predict(trajectory.inputs, delay=1) - trajectory.targets
    curve = np.asarray(jnp.mean(jnp.sum(error**2, axis=-1), axis=0)) / 2
    for position, loss in published.items():
        # Spread over 512 sequences: 3 % of the loss of a few unseen dimensions.
        np.testing.assert_allclose(curve[position - 1], loss, rtol=0.1)
