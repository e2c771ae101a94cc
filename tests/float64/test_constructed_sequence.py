"""Constructed causal stacks against gradient descent written as loops, in double precision."""

import jax.numpy as jnp
import numpy as np
import pytest

from incontext.models import sequence
from incontext.models.constructed_sequence import gradient_steps
from incontext.tasks import channels

SIZE, LENGTH, BATCH = 3, 7, 5


@pytest.fixture
def states(rng):
    return rng.normal(size=(BATCH, LENGTH, SIZE))


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def descend(sequence_states, start, rates):
    """Predictions at every position, one sequence, one transition at a time."""
    predictions = []
    for t in range(len(sequence_states)):
        model = start.copy()
        for rate in rates:
            gradient = np.zeros_like(start)
            for k in range(t):
                missed = model @ sequence_states[k] - sequence_states[k + 1]
                gradient += np.outer(missed, sequence_states[k])
            model = model - rate * gradient
        predictions.append(model @ sequence_states[t])
    return np.stack(predictions)


def run(weights, tokens, depth):
    config = sequence.SequenceConfig(
        kinds=("linear",) * depth,
        num_heads=1,
        key_size=2 * SIZE,
        token_clip=None,
    )
    return np.asarray(sequence.build(config, SIZE).apply(weights, tokens))


@pytest.mark.parametrize("rates", [[0.37], [0.3, -0.1, 0.7]], ids=["one layer", "three layers"])
def test_a_constructed_stack_descends_the_gradient_at_every_position(states, rng, rates):
    start = rng.normal(size=(SIZE, SIZE))
    tokens = channels.constructed(jnp.asarray(states)).at[..., :SIZE].set(states @ start.T)
    expected = np.stack([descend(one, start, rates) for one in states])
    found = run(gradient_steps(jnp.asarray(start), rates), tokens, len(rates))
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


def test_the_order_of_steps_does_not_matter(states):
    tokens, start = channels.constructed(jnp.asarray(states)), jnp.zeros((SIZE, SIZE))
    forth = run(gradient_steps(start, [0.3, -0.1]), tokens, 2)
    back = run(gradient_steps(start, [-0.1, 0.3]), tokens, 2)
    np.testing.assert_allclose(forth, back, rtol=1e-11, atol=1e-12)
    assert np.abs(forth - run(gradient_steps(start, [0.3, 0.1]), tokens, 2)).max() > 1e-2


def test_these_tests_run_in_double_precision(states):
    assert jnp.asarray(states).dtype == np.float64
