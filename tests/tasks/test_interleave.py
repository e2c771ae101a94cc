"""Separate tokens: where inputs, targets and positions stand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.tasks.layout import interleave
from incontext.tasks.regression import LinearRegression

PROMPT = LinearRegression(num_context=3, input_dim=5, output_dim=2).sample(
    11, key=jax.random.key(0)
)
POSITIONS = jnp.arange(7 * 4, dtype=jnp.float32).reshape(7, 4)


def test_inputs_and_targets_alternate_and_the_query_ends():
    tokens = interleave(PROMPT, POSITIONS)
    assert tokens.shape == (11, 7, 9)
    np.testing.assert_array_equal(tokens[:, 0:6:2, :5], PROMPT.context_inputs)
    np.testing.assert_array_equal(tokens[:, 1:6:2, 3:5], PROMPT.context_targets)
    np.testing.assert_array_equal(tokens[:, 1:6:2, :3], 0)
    np.testing.assert_array_equal(tokens[:, 6, :5], PROMPT.query_inputs)


def test_every_token_ends_with_its_position():
    found = interleave(PROMPT, POSITIONS)[:, :, 5:]
    np.testing.assert_array_equal(found, np.broadcast_to(POSITIONS, (11, 7, 4)))


def test_a_target_wider_than_an_input_is_refused():
    wide = LinearRegression(num_context=3, input_dim=2, output_dim=3).sample(
        1, key=jax.random.key(0)
    )
    with pytest.raises(ValueError, match="targets have 3 channels and inputs 2"):
        interleave(wide, POSITIONS)


def test_a_missing_position_is_refused():
    with pytest.raises(ValueError, match="6 positions for 7 tokens"):
        interleave(PROMPT, POSITIONS[:-1])
