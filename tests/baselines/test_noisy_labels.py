"""The closed form of one step on noisy labels against the known one, and against sampling."""

import jax
import numpy as np
import pytest

from incontext.baselines import closed_form, gradient_descent
from incontext.baselines.noisy_labels import moments
from incontext.tasks.regression import LinearRegression


def test_without_noise_it_is_the_known_optimum():
    found = moments(LinearRegression(num_context=7, input_dim=5, input_range=1.3))
    known = closed_form.one_step_optimum(1.3, 7, 5)
    assert found.best_step_size == pytest.approx(known.step_size, rel=1e-12)
    assert found.loss(found.best_step_size) == pytest.approx(known.loss, rel=1e-12)


@pytest.mark.parametrize("noisy", [0, 3, 7])
def test_losses_are_those_of_explicit_steps(noisy):
    task = LinearRegression(
        7, 5, 3, input_range=1.3, target_scale=0.6, num_noisy_targets=noisy
    )  # fmt: skip
    prompt = task.sample(40_000, key=jax.random.key(0))
    for step in (0.0, 0.3, 0.9):
        predicted = gradient_descent.predict(prompt, [7 * step])
        errors = 0.5 * np.sum((np.asarray(predicted) - prompt.query_targets) ** 2, axis=-1)
        spread = errors.std() / np.sqrt(len(errors))
        # Four standard errors: one of nine cases beyond them in a thousand draws.
        assert abs(errors.mean() - moments(task).loss(step)) < 4 * spread


def test_inputs_without_a_closed_form_are_refused():
    with pytest.raises(ValueError, match="the closed form holds for 'uniform'"):
        moments(LinearRegression(input_distribution="mixture"))
