"""Many step sizes at once against the textbook's gradient descent, one step size at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis.alignment import squared_error
from incontext.baselines import gdpp, gradient_descent
from incontext.baselines.descent import tune_gradient_descent
from incontext.baselines.step_search import equal_step_losses
from incontext.tasks.regression import LinearRegression

STEP_SIZES = (0.03, 0.2, 0.7)


def prompts(output_dim=1, batch=13):
    task = LinearRegression(num_context=7, input_dim=5, output_dim=output_dim)
    return task.sample(batch, key=jax.random.key(3))


@pytest.mark.parametrize("num_steps", [1, 2, 5])
@pytest.mark.parametrize("output_dim", [1, 3])
def test_losses_are_those_of_gradient_descent(num_steps, output_dim):
    prompt = prompts(output_dim)
    found = equal_step_losses(prompt, jnp.asarray(STEP_SIZES), num_steps)
    for step_size, loss in zip(STEP_SIZES, found, strict=True):
        rates = [7 * step_size] * num_steps
        expected = squared_error(lambda p, r=rates: gradient_descent.predict(p, r), prompt)
        np.testing.assert_allclose(loss, jnp.mean(expected), rtol=1e-5)


def test_a_bound_clips_what_gdpp_clips():
    """Step sizes so long that residuals and predictions run into the bound."""
    prompt, bound = prompts(), 0.6
    step_sizes = (0.2, 1.5, 3.0)
    found = equal_step_losses(prompt, jnp.asarray(step_sizes), 5, bound)
    for step_size, loss in zip(step_sizes, found, strict=True):
        numbers = [7 * step_size] * 5, [0.0] * 5
        clipped = squared_error(lambda p, n=numbers: gdpp.predict(p, *n, bound), prompt)
        np.testing.assert_allclose(loss, jnp.mean(clipped), rtol=1e-5)
    assert float(equal_step_losses(prompt, jnp.asarray([3.0]), 5)[0]) > 10 * float(found[-1])


def test_prompts_in_blocks_are_the_same_prompts(monkeypatch):
    prompt, grid = prompts(batch=60), jnp.linspace(0.1, 0.5, 11)
    whole = equal_step_losses(prompt, grid, 2)
    monkeypatch.setattr("incontext.baselines.step_search._NUMBERS_AT_ONCE", 7 * 11 * 16)
    jax.clear_caches()
    blocks = equal_step_losses(prompt, grid, 2)
    jax.clear_caches()
    np.testing.assert_allclose(blocks, whole, rtol=1e-6)


def test_a_bound_that_clips_inputs_is_refused():
    with pytest.raises(ValueError, match=r"inputs reach 1\.5"):
        tune_gradient_descent(LinearRegression(input_range=3.0), 2, bound=1.0)
