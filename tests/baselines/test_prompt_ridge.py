"""Ridge regression on prompts against normal equations one by one, and its expected loss."""

import jax
import jax.numpy as jnp
import numpy as np

from incontext.baselines import prompt_ridge
from incontext.models import few_shot
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.pairs import LinearPairs
from incontext.tasks.types import Pairs


def one_by_one(keys, values, query, ridge):
    """Phi q by augmented least squares: the penalty as rows of data."""
    size = query.shape[-1]
    rows = np.concatenate([keys, np.sqrt(ridge) * np.eye(size)])
    wanted = np.concatenate([values, np.zeros((size, size))])
    return np.linalg.lstsq(rows, wanted)[0].T @ query


def test_every_answer_is_that_of_a_regression_of_its_own():
    with jax.enable_x64(True):
        draws = np.random.default_rng(3)
        x, y = draws.standard_normal((2, 2, 7, 3))
        pairs = Pairs(jnp.asarray(x), jnp.asarray(y))
        eos = draws.standard_normal(3)
        tokens = np.asarray(few_shot.prompt_tokens(pairs, jnp.asarray(eos)))
        on_pairs = prompt_ridge.on_pairs(pairs.inputs, pairs.outputs, 0.05)
        on_all = few_shot.at_inputs(
            prompt_ridge.on_transitions(jnp.asarray(tokens), 0.05), 7, eos=True
        )
        for b in range(2):
            for i in range(7):
                expected = one_by_one(x[b, :i], y[b, :i], x[b, i], 0.05)
                np.testing.assert_allclose(on_pairs[b, i], expected, atol=1e-12)
                before = tokens[b, : 3 * i + 1]
                expected = one_by_one(before[:-1], before[1:], x[b, i], 0.05)
                np.testing.assert_allclose(on_all[b, i], expected, atol=1e-12)


def test_pairs_fill_one_direction_after_another_and_transitions_rise_first():
    """Without noise i pairs leave n - i of n directions: the loss is (n - i) / 6."""
    size, count = 5, 20_000
    pairs = LinearPairs(size, 8, noise=0.0).sample(count, key=evaluation_key(0))
    found = prompt_ridge.on_pairs(pairs.inputs, pairs.outputs, 1e-4)
    losses = 0.5 * jnp.mean(jnp.sum((found - pairs.outputs) ** 2, axis=-1), axis=0)
    expected = np.maximum(size - np.arange(8), 0) / 6
    np.testing.assert_allclose(losses, expected, atol=0.03)  # directions barely seen, and draws
    every = prompt_ridge.on_transitions(few_shot.prompt_tokens(pairs), 1e-3)
    every = few_shot.at_inputs(every, 8, eos=False)
    losses = 0.5 * jnp.mean(jnp.sum((every - pairs.outputs) ** 2, axis=-1), axis=0)
    assert losses.max() > 1.05 * size / 6
