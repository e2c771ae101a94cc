"""What a stack that knows the map can do, against draws and against the least polynomial."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import stored_map
from incontext.tasks.dynamics import FixedDynamics


def squares(size, reach, count=200_000):
    draws = np.random.default_rng(3).uniform(-reach, reach, size=(count, size))
    return (draws**2).sum(axis=1)


def loss(rho, rates):
    left = np.prod([1 - rate * rho for rate in rates], axis=0)
    values = 0.5 * rho * left**2
    return values.mean(), values.std() / len(rho) ** 0.5


@pytest.mark.parametrize(("size", "depth", "reach"), [(10, 1, 1.0), (5, 2, 0.7), (3, 3, 1.3)])
def test_the_best_rates_lose_what_the_formula_says(size, depth, reach):
    mean, error = loss(squares(size, reach), stored_map.best_rates(size, depth, reach))
    assert abs(mean - stored_map.least_loss(size, depth, reach)) < 4 * error


def test_no_other_rates_do_better():
    rho, best = squares(5, 1.0), np.array(stored_map.best_rates(5, 2))
    least = loss(rho, best)[0]
    for factors in ((1.1, 1.0), (0.9, 1.0), (1.0, 1.1), (1.0, 0.9)):
        assert loss(rho, best * factors)[0] > least


def test_one_layer_in_two_moments():
    """1/2 (E rho - (E rho^2)^2 / E rho^3), with E rho^k of ten uniform entries by hand."""
    first, second, third = 10 / 3, 2 + 10, 10 / 7 + 18 + 720 / 27
    assert stored_map.least_loss(10, 1) == pytest.approx((first - second**2 / third) / 2)
    assert stored_map.best_rates(10, 1) == pytest.approx([second / third])


def test_predictions_are_those_of_descent_on_one_direction():
    task = FixedDynamics(3, 7)
    teacher = task.sample_teachers(1, key=jax.random.key(0))[0]
    states = np.asarray(task.sample(5, key=jax.random.key(1)).inputs)
    found = stored_map.predict(jnp.asarray(states), teacher, (0.3, -0.2))
    for b, t in ((0, 0), (4, 6)):
        state, model = states[b, t], np.zeros(3)
        for rate in (0.3, -0.2):  # towards W s, on the one example (s, W s)
            model = model + rate * (np.asarray(teacher) @ state - model) * (state @ state)
        np.testing.assert_allclose(found[b, t], model, rtol=1e-5, atol=1e-6)


def test_a_vanishing_ridge_gives_the_map_itself():
    task = FixedDynamics(3, 7)
    teacher = task.sample_teachers(1, key=jax.random.key(0))[0]
    trajectory = task.sample(5, key=jax.random.key(1))
    found = stored_map.predict_ridge(trajectory.inputs, teacher, 1e-6)
    # Left over: noise of 0.01 per entry, and float32.
    assert float(jnp.abs(found - trajectory.targets).max()) < 0.05
    first = stored_map.predict_ridge(trajectory.inputs, teacher, 2.0)[:, 0]
    rho = jnp.sum(trajectory.inputs[:, 0] ** 2, axis=-1, keepdims=True)
    expected = rho / (rho + 2.0) * jnp.einsum("ij,bj->bi", teacher, trajectory.inputs[:, 0])
    np.testing.assert_allclose(first, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bad", [(0, 1, 1.0), (5, 0, 1.0), (5, 1, 0.0)])
def test_sizes_that_are_not_positive_are_refused(bad):
    for function in (stored_map.least_loss, stored_map.best_rates):
        with pytest.raises(ValueError, match="must be positive"):
            function(*bad)
