"""Alignment, interpolation, rolling out and scale sweeps on learners whose answers are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis import learners
from incontext.analysis.alignment import align, sensitivity, squared_error
from incontext.analysis.interpolation import interpolate
from incontext.analysis.rollout import roll_out
from incontext.baselines import gradient_descent
from incontext.models import constructed
from incontext.models.attention import Products, merge
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression, rescale

TASK = LinearRegression(num_context=7, input_dim=5, output_dim=3)
PROMPT = TASK.sample(11, key=jax.random.key(0))
WEIGHTS = jax.random.normal(jax.random.key(1), (3, 5))


def linear(weights):
    return lambda prompt: prompt.query_inputs @ weights.T


def test_sensitivity_of_a_linear_learner_is_its_matrix():
    found = sensitivity(linear(WEIGHTS), PROMPT)
    np.testing.assert_allclose(found, np.broadcast_to(WEIGHTS, (11, 3, 5)), rtol=1e-6)


def test_a_learner_is_aligned_with_itself_and_opposed_to_its_negative():
    same, opposite = (align(linear(WEIGHTS), linear(s * WEIGHTS), PROMPT) for s in (1, -1))
    assert same.prediction_difference == 0
    assert same.sensitivity_difference == 0
    assert float(same.cosine) == pytest.approx(1, abs=1e-6)
    assert float(opposite.cosine) == pytest.approx(-1, abs=1e-6)
    length = jnp.mean(jnp.linalg.norm(2 * WEIGHTS, axis=-1))
    assert float(opposite.sensitivity_difference) == pytest.approx(float(length), rel=1e-5)


def test_a_learner_without_sensitivity_has_cosine_zero_and_not_nan():
    assert float(align(linear(WEIGHTS), linear(0 * WEIGHTS), PROMPT).cosine) == 0


def test_loss_is_half_the_squared_error_summed_over_outputs():
    error = squared_error(lambda prompt: prompt.query_targets + 2.0, PROMPT)
    np.testing.assert_allclose(error, 0.5 * 3 * 4, rtol=1e-5)


def test_interpolation_forgets_where_the_scale_is_and_is_exact_on_the_construction():
    step = merge(constructed.gradient_step(jnp.zeros((3, 5)), 2.0, 7)["layer_0"])
    moved = Products(step.key_query * 4.0, step.output_value / 4.0)
    for amount in (0.0, 0.5, 1.0):
        between = interpolate(moved, step, input_dim=5, amount=amount)
        np.testing.assert_allclose(between.key_query, step.key_query, atol=1e-6)
        np.testing.assert_allclose(between.output_value, step.output_value, atol=1e-6)


def test_rolling_out_the_construction_is_gradient_descent_with_a_dampened_rate():
    products = merge(constructed.gradient_step(jnp.zeros((3, 5)), 2.0, 7)["layer_0"])
    rolled = roll_out(products, concatenate(PROMPT), 3, 0.75, 6)
    np.testing.assert_allclose(
        rolled, gradient_descent.trajectory(PROMPT, 0.75 * 2.0, 6), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(("dampening", "steps"), [(0.0, 3), (0.5, 0)])
def test_rolling_out_needs_a_dampening_and_a_step(dampening, steps):
    products = merge(constructed.gradient_step(jnp.zeros((3, 5)), 2.0, 7)["layer_0"])
    with pytest.raises(ValueError, match="must be positive"):
        roll_out(products, concatenate(PROMPT), 3, dampening, steps)


@pytest.mark.parametrize("of", ["inputs", "targets"])
def test_losses_by_scale_are_losses_on_rescaled_prompts(of):
    network = learners.network(
        "net", lambda w, p: linear(w)(p), jnp.stack([WEIGHTS, 2 * WEIGHTS]), (4, 9)
    )
    factors = jnp.asarray([0.5, 1.0, 3.0])
    found = learners.losses_by_scale(network, PROMPT, factors, of=of)
    assert found.shape == (3, 2)
    for factor, row in zip(factors, found, strict=True):
        scaled = rescale(PROMPT, factor) if of == "inputs" else rescale(PROMPT, 1.0, factor)
        for weights, loss in zip((WEIGHTS, 2 * WEIGHTS), row, strict=True):
            expected = jnp.mean(squared_error(linear(weights), scaled))
            assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_a_learner_of_trajectories_predicts_once_per_seed():
    trajectory = LinearDynamics(state_dim=3, length=7).sample(5, key=jax.random.key(2))
    factors = jnp.asarray([0.5, 2.0])
    scaled = learners.network("net", lambda factor, one: factor * one.inputs, factors, (4, 9))
    assert (scaled.name, scaled.seeds) == ("net", (4, 9))
    expected = np.stack([0.5 * trajectory.inputs, 2.0 * trajectory.inputs])
    np.testing.assert_allclose(scaled.predict(trajectory), expected)
    copy = learners.algorithm("copy", lambda one: one.inputs)
    assert copy.seeds == (learners.NO_SEED,)
    np.testing.assert_array_equal(copy.predict(trajectory), trajectory.inputs[None])


def test_an_unknown_axis_is_refused():
    learner = learners.algorithm("zero", linear(0 * WEIGHTS))
    with pytest.raises(ValueError, match="'weights'"):
        learners.losses_by_scale(learner, PROMPT, jnp.ones(1), of="weights")
