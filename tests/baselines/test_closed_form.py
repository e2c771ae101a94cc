"""The one-step optimum against exact enumeration and against sampling."""

import fractions

import jax
import jax.numpy as jnp
import pytest

from incontext.baselines import closed_form, gradient_descent
from incontext.tasks.regression import LinearRegression


def test_zero_predictor_and_optimum_at_the_papers_sizes():
    # Exact fractions of the derivation in the docstring, a = 1 and N = d = 10.
    s, m = fractions.Fraction(1, 12), fractions.Fraction(1, 80)
    trace = (10 * (10 * m + 90 * s**2) + 900 * s**2) / 100
    optimum = closed_form.one_step_optimum(1.0, 10, 10)
    assert closed_form.zero_predictor_loss(1.0, 10) == pytest.approx(5 / 12, abs=1e-9)
    assert optimum.loss == pytest.approx(float(s / 2 * (10 - (10 * s) ** 2 / trace)), abs=1e-12)
    assert optimum.loss == pytest.approx(0.206229, abs=1e-6)
    assert optimum.step_size == pytest.approx(20 / 33, abs=1e-12)


def test_trace_term_against_enumeration_of_a_two_point_distribution():
    # With N = d = 1 the formulas reduce to moments that can be summed by hand.
    optimum = closed_form.one_step_optimum(2.0, 1, 1)
    second, fourth = 4 / 12, 16 / 80
    assert optimum.learning_rate == pytest.approx(second / fourth)
    assert optimum.loss == pytest.approx(0.5 * second * (1 - second**2 / fourth))


@pytest.mark.parametrize(("a", "n", "d"), [(1.0, 10, 10), (2.0, 3, 7), (0.5, 20, 5)])
def test_optimum_agrees_with_a_search_over_sampled_tasks(a, n, d):
    prompt = LinearRegression(n, d, input_range=a).sample(200_000, key=jax.random.key(0))
    optimum = closed_form.one_step_optimum(a, n, d)
    losses, best = gradient_descent.one_step_losses(prompt, jnp.asarray([optimum.learning_rate]))
    # 200,000 tasks: standard errors of about 0.3 %; five of them.
    assert float(losses[0]) == pytest.approx(optimum.loss, rel=0.015)
    assert float(best) == pytest.approx(optimum.learning_rate, rel=0.015)


@pytest.mark.parametrize("bad", [(0.0, 10, 10), (1.0, 0, 10), (1.0, 10, -1)])
def test_impossible_sizes_are_refused(bad):
    with pytest.raises(ValueError, match="must be positive"):
        closed_form.one_step_optimum(*bad)
