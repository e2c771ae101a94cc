"""Proposition 3 as weights, and a step on embedded features, against explicit steps."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incontext.baselines import gradient_descent, sine
from incontext.experiments.sine import PRESETS, claims
from incontext.models import readout, transformer
from incontext.models.copying import copy_then_descend, free_positions
from incontext.tasks.layout import interleave
from incontext.tasks.regression import LinearRegression
from incontext.tasks.sine import SineRegression


@pytest.mark.parametrize(("n", "d", "d_y"), [(1, 1, 1), (2, 5, 3), (7, 3, 3), (3, 7, 1), (5, 2, 2)])
@given(eta=st.floats(0.01, 3.0), seed=st.integers(0, 1000))
@settings(max_examples=5)
def test_two_written_layers_on_separate_tokens_are_one_gradient_step(n, d, d_y, eta, seed):
    prompt = LinearRegression(n, d, d_y).sample(3, key=jax.random.key(seed))
    tokens = interleave(prompt, free_positions(n, d_y))
    config = transformer.TransformerConfig(("linear", "linear"))
    query = transformer.build(config).query(copy_then_descend(n, d, d_y, eta), tokens)
    step = gradient_descent.predict(prompt, [eta])
    scale = jnp.abs(step).max() + 1e-3
    assert jnp.abs(readout.read_prediction(query, d_y) - step).max() <= 1e-12 * scale


def test_the_first_written_layer_copies_and_moves_nothing_else():
    prompt = LinearRegression(5, 3, 2).sample(7, key=jax.random.key(0))
    tokens = interleave(prompt, free_positions(5, 2))
    config = transformer.TransformerConfig(("linear", "linear"))
    after = transformer.build(config).trace(copy_then_descend(5, 3, 2, 1.0), tokens)[1]
    np.testing.assert_array_equal(after[:, 0:10:2, -2:], prompt.context_targets)
    np.testing.assert_array_equal(after[..., :-2], tokens[..., :-2])
    np.testing.assert_array_equal(after[:, 1::2, -2:], 0)


def test_copying_without_examples_is_refused():
    with pytest.raises(ValueError, match="num_context is 0"):
        free_positions(0, 1)


@pytest.mark.parametrize("step_size", [0.01, 0.3])
def test_the_control_is_a_gradient_step_on_its_features(step_size):
    family = PRESETS["smoke"].families[0]
    network = dataclasses.replace(family.networks[1], step_size=step_size)
    control = dataclasses.replace(family.control, network=network)
    changed = dataclasses.replace(family, control=control)
    assert claims.construction_error(changed) < 1e-12


def test_references_are_the_losses_of_explicit_learners():
    prompt = SineRegression().sample(1009, key=jax.random.key(2))
    found = sine.references(prompt)
    linear, mean = sine.in_features(prompt), jnp.mean(sine.coefficients(prompt), axis=0)
    y = prompt.query_targets
    assert found.zero == pytest.approx(float(jnp.mean(y**2) / 2), rel=1e-12)
    start = linear.query_inputs @ mean
    assert found.mean == pytest.approx(float(jnp.mean((y[:, 0] - start) ** 2) / 2), rel=1e-12)
    losses = []
    for eta in np.linspace(1.5, 2.1, 61):
        step = gradient_descent.predict(linear, [eta], mean[None])
        losses.append(float(jnp.mean((y - step) ** 2) / 2))
    # the grid's best is at most a parabola's curvature times half a spacing above the optimum
    assert min(losses) * 0.99 < found.one_step <= min(losses)
