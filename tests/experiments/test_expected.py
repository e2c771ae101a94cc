"""Closed forms of whole tasks against sampling."""

import jax
import jax.numpy as jnp
import pytest

from incontext.baselines import gradient_descent
from incontext.experiments import expected
from incontext.tasks.regression import LinearRegression


def test_several_and_larger_targets_multiply_the_loss():
    task = LinearRegression(8, 4, output_dim=3, input_range=1.5, target_scale=0.7)
    prompt = task.sample(200_000, key=jax.random.key(1))
    optimum = expected.one_step(task)
    losses, best = gradient_descent.one_step_losses(prompt, jnp.asarray([optimum.learning_rate]))
    zero = 0.5 * jnp.mean(jnp.sum(prompt.query_targets**2, axis=-1))
    # 200,000 tasks: standard errors of about 0.3 %; five of them.
    assert float(losses[0]) == pytest.approx(optimum.loss, rel=0.015)
    assert float(best) == pytest.approx(optimum.learning_rate, rel=0.015)
    assert float(zero) == pytest.approx(expected.zero_loss(task), rel=0.015)


@pytest.mark.parametrize("other", [{"input_distribution": "mixture"}, {"num_noisy_targets": 2}])
def test_tasks_without_a_formula_are_refused(other):
    for formula in (expected.one_step, expected.zero_loss):
        with pytest.raises(ValueError, match="holds for 'uniform' and 0"):
            formula(LinearRegression(**other))
