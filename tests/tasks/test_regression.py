"""Prompts have the promised shapes, distributions and independence."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression, rescale

TASK = LinearRegression(num_context=7, input_dim=5, output_dim=3)


def sample(task, size, seed=0):
    return task.sample(size, key=jax.random.key(seed))


def test_shapes_are_those_of_the_glossary():
    prompt = sample(TASK, 11)
    assert prompt.context_inputs.shape == (11, 7, 5)
    assert prompt.context_targets.shape == (11, 7, 3)
    assert prompt.query_inputs.shape == (11, 5)
    assert prompt.query_targets.shape == (11, 3)


def test_one_linear_map_explains_context_and_query():
    prompt = sample(TASK, 11)
    for x, y, x_query, y_query in zip(*prompt, strict=True):
        weights = np.linalg.lstsq(np.asarray(x), np.asarray(y), rcond=None)[0]
        np.testing.assert_allclose(weights.T @ x_query, y_query, atol=1e-4)  # float32 lstsq


def test_inputs_are_uniform_and_weights_normal():
    # Ten Kolmogorov-Smirnov tests at 1 % together (Bonferroni): 0.1 % each.
    task = LinearRegression(1, 1, 1, input_range=0.6, target_scale=2.0)
    for seed in range(5):
        prompt = sample(task, 20_000, seed)
        x, y = (np.asarray(a, float).ravel() for a in prompt[:2])
        assert stats.kstest(x, stats.uniform(-0.3, 0.6).cdf).pvalue > 0.001
        assert stats.kstest(y / x, stats.norm(0, 2).cdf).pvalue > 0.001


def test_prompts_are_independent_of_each_other():
    y = np.asarray(sample(LinearRegression(1, 1, 1), 20_000).query_targets).ravel()
    assert abs(np.corrcoef(y[:-1], y[1:])[0, 1]) < 4 / np.sqrt(len(y))


def test_noisy_targets_are_the_first_ones_and_leave_the_query_alone():
    clean, noisy = (
        sample(LinearRegression(7, 5, 3, num_noisy_targets=count), 11) for count in (0, 2)
    )
    for one, other in (
        (clean.context_targets[:, 2:], noisy.context_targets[:, 2:]),
        (clean.query_targets, noisy.query_targets),
    ):  # to rounding: the two are compiled apart
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert np.all(np.any(clean.context_targets[:, :2] != noisy.context_targets[:, :2], axis=-1))


def test_mixture_contexts_have_the_chosen_norm_and_three_shapes():
    task = LinearRegression(7, 5, input_distribution="mixture", input_range=1.3)
    inputs = sample(task, 3000).context_inputs
    np.testing.assert_allclose(jnp.linalg.norm(inputs, axis=(1, 2)), 1.3, rtol=1e-5)
    positive = float(jnp.mean(jnp.all(inputs > 0, axis=(1, 2))))  # exponential ones
    assert positive == pytest.approx(1 / 3, abs=4 * np.sqrt(2 / 9 / 3000))


def test_rescaling_is_sampling_at_another_scale():
    bigger = sample(LinearRegression(7, 5, 3, input_range=1.7, target_scale=0.3), 11)
    scaled = rescale(sample(TASK, 11), 1.7, 0.3)
    for one, other in zip(bigger, scaled, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_tokens_hold_pairs_and_an_empty_slot():
    prompt = sample(TASK, 11)
    tokens = concatenate(prompt)
    assert tokens.shape == (11, 8, 8)
    np.testing.assert_array_equal(tokens[:, :-1, :5], prompt.context_inputs)
    np.testing.assert_array_equal(tokens[:, :-1, 5:], prompt.context_targets)
    np.testing.assert_array_equal(tokens[:, -1, :5], prompt.query_inputs)
    np.testing.assert_array_equal(tokens[:, -1, 5:], 0.0)


def test_initial_weights_fill_the_slot_with_minus_their_prediction():
    prompt = sample(TASK, 11)
    start = jax.random.normal(jax.random.key(9), (3, 5))
    slot = concatenate(prompt, start)[:, -1, 5:]
    np.testing.assert_allclose(slot, -prompt.query_inputs @ start.T, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"num_context": 0}, "num_context is 0"),
        ({"input_dim": -1}, "input_dim is -1"),
        ({"output_dim": 0}, "output_dim is 0"),
        ({"input_range": 0.0}, "input_range is 0.0"),
        ({"target_scale": float("nan")}, "target_scale is nan"),
        ({"input_distribution": "cauchy"}, "'cauchy'"),
        ({"num_noisy_targets": 11}, "num_noisy_targets is 11"),
    ],
)
def test_bad_settings_are_refused_with_the_value(settings, word):
    with pytest.raises(ValueError, match=word):
        LinearRegression(**settings)
