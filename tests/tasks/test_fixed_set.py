"""Batches of a fixed set hold prompts of that set, and nothing else."""

import jax
import numpy as np
import pytest

from incontext.tasks.fixed_set import FixedSet
from incontext.tasks.regression import LinearRegression

SET = FixedSet(13, LinearRegression(num_context=7, input_dim=5))


def queries(prompt):
    return {tuple(row) for row in np.asarray(prompt.query_inputs).tolist()}


def test_a_full_batch_is_the_set_whatever_the_key():
    first, second = (SET.sample(13, key=jax.random.key(seed)) for seed in (0, 1))
    for one, two, whole in zip(first, second, SET.whole(), strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, whole)
    assert len(queries(first)) == 13


def test_a_smaller_batch_holds_different_prompts_of_the_set():
    first, second = (SET.sample(5, key=jax.random.key(seed)) for seed in (0, 1))
    assert queries(first) <= queries(SET.whole())
    assert len(queries(first)) == 5
    assert queries(first) != queries(second)
    assert queries(SET.sample(101, key=jax.random.key(2))) <= queries(SET.whole())


def test_the_prompts_of_a_batch_stay_whole():
    """Every label is still the same linear map of its input."""
    for x, y, x_query, y_query in zip(*SET.sample(5, key=jax.random.key(3)), strict=True):
        weights = np.linalg.lstsq(np.asarray(x), np.asarray(y), rcond=None)[0]
        np.testing.assert_allclose(weights.T @ x_query, y_query, atol=1e-4)  # float32 lstsq


def test_another_number_is_another_set():
    other = FixedSet(13, SET.task, set_seed=1)
    assert not queries(other.whole()) & queries(SET.whole())


def test_an_empty_set_is_refused():
    with pytest.raises(ValueError, match="num_prompts is 0; it must be at least 1"):
        FixedSet(0)
