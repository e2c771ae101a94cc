"""Proposition 1 and GD++ as weights against the algorithms, in double precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incontext.baselines import gdpp, gradient_descent
from incontext.models import constructed, readout, transformer
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression

SIZES = [(1, 1, 1), (2, 3, 5), (5, 2, 3), (7, 11, 1), (1, 7, 2), (11, 1, 3)]  # each compiled once
rates = st.floats(0.01, 3.0)


def run_layers(params, tokens, output_dim, num_layers, token_clip=None):
    config = transformer.TransformerConfig(("linear",) * num_layers, token_clip=token_clip)
    return readout.read_prediction(transformer.build(config).query(params, tokens), output_dim)


def numpy_step(inputs, targets, query, learning_rate, weights):
    """Gradient descent once more, by the outer-product formula and a loop."""
    gradient = np.zeros_like(weights)
    for x, y in zip(inputs, targets, strict=True):
        gradient += np.outer(weights @ x - y, x) / len(inputs)
    return (weights - learning_rate * gradient) @ query


@pytest.mark.parametrize(("n", "d", "d_y"), SIZES)
@given(eta=rates, seed=st.integers(0, 1000))
@settings(max_examples=5)
def test_constructed_layer_is_one_gradient_step_for_any_sizes_and_start(n, d, d_y, eta, seed):
    prompt_key, weight_key = jax.random.split(jax.random.key(seed))
    prompt = LinearRegression(n, d, d_y).sample(3, key=prompt_key)
    start = jax.random.normal(weight_key, (d_y, d))
    params = constructed.gradient_step(start, eta, n)
    layer = run_layers(params, concatenate(prompt, start), d_y, 1)
    step = gradient_descent.predict(prompt, [eta], start)
    by_hand = [
        numpy_step(*(np.asarray(a) for a in one), eta, np.asarray(start))
        for one in zip(prompt.context_inputs, prompt.context_targets, prompt.query_inputs,
                       strict=True)
    ]  # fmt: skip
    scale = np.abs(by_hand).max() + 1e-3
    assert np.abs(layer - step).max() <= 1e-12 * scale
    assert np.abs(step - np.asarray(by_hand)).max() <= 1e-12 * scale


@given(steps=st.integers(1, 5), seed=st.integers(0, 1000), bound=st.sampled_from([None, 0.3]))
@settings(max_examples=15)
def test_constructed_layers_are_steps_of_gdpp_with_and_without_clipping(steps, seed, bound):
    keys = jax.random.split(jax.random.key(seed), 3)
    prompt = LinearRegression(7, 5, 3).sample(11, key=keys[0])
    etas = list(jax.random.uniform(keys[1], (steps,), minval=0.5, maxval=3.0))
    gammas = list(jax.random.uniform(keys[2], (steps,), minval=0.0, maxval=0.2))
    params = constructed.curvature_corrected_steps(jnp.zeros((3, 5)), etas, gammas, 7)
    layers = run_layers(params, concatenate(prompt), 3, steps, bound)
    np.testing.assert_allclose(layers, gdpp.predict(prompt, etas, gammas, bound), atol=1e-12)


def test_gdpp_without_curvature_is_gradient_descent():
    prompt = LinearRegression(7, 5, 3).sample(11, key=jax.random.key(3))
    etas = [1.0, 0.5, 2.0]
    np.testing.assert_allclose(
        gdpp.predict(prompt, etas, [0.0] * 3), gradient_descent.predict(prompt, etas), atol=1e-13
    )


def test_trajectory_passes_through_repeated_steps():
    prompt = LinearRegression(7, 5, 3).sample(11, key=jax.random.key(4))
    path = gradient_descent.trajectory(prompt, 0.7, 4)
    assert path.shape == (5, 11, 3)
    for count in range(5):
        expected = gradient_descent.predict(prompt, [0.7] * count)
        np.testing.assert_allclose(path[count], expected, atol=1e-13)


def test_parabola_of_losses_is_the_loss_at_every_learning_rate():
    prompt = LinearRegression(7, 5, 1).sample(101, key=jax.random.key(5))
    rates = jnp.asarray([0.1, 1.0, 5.0])
    losses, best = gradient_descent.one_step_losses(prompt, rates)
    for rate, loss in zip(rates, losses, strict=True):
        error = gradient_descent.predict(prompt, [rate]) - prompt.query_targets
        np.testing.assert_allclose(loss, 0.5 * jnp.mean(error**2), rtol=1e-12)
    around = gradient_descent.one_step_losses(prompt, best * jnp.asarray([0.99, 1.0, 1.01]))[0]
    assert around[1] < around[0]
    assert around[1] < around[2]
