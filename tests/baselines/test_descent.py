"""Gradient descent and GD++ as algorithms, and the line search against the closed form."""

import jax
import numpy as np
import pytest

from incontext.baselines import closed_form, gradient_descent
from incontext.baselines.descent import Descent, tune_gradient_descent
from incontext.tasks.regression import LinearRegression

TASK = LinearRegression(num_context=7, input_dim=5)
PROMPT = TASK.sample(11, key=jax.random.key(0))


def test_line_search_finds_the_optimum_of_one_step():
    found = tune_gradient_descent(TASK, num_steps=1)
    optimum = closed_form.one_step_optimum(1.0, 7, 5)
    # The grid's spacing is two percent, and the minimum is one of 10,000 sampled tasks.
    assert found.step_sizes[0] == pytest.approx(optimum.step_size, rel=0.04)
    assert found.curvatures == (0.0,)


def test_without_curvature_a_descent_is_gradient_descent():
    descent = Descent((0.3, 0.5), (0.0, 0.0))
    expected = gradient_descent.predict(PROMPT, [2.1, 3.5])
    np.testing.assert_allclose(descent(PROMPT), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "numbers",
    [((1.0,), (0.1, 0.2)), ((), ()), ((float("nan"),), (0.1,)), ((-1.0,), (0.1,))],
    ids=["a curvature too many", "no step", "not finite", "a negative step size"],
)
def test_bad_numbers_are_refused(numbers):
    with pytest.raises(ValueError, match=r";|must"):
        Descent(*numbers)
