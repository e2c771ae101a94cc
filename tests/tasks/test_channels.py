"""Constructed tokens: which state stands in which channel."""

import jax.numpy as jnp
import numpy as np

from incontext.tasks import channels

STATES = jnp.arange(1.0, 1 + 2 * 5 * 3).reshape(2, 5, 3)
BEFORE = np.concatenate([np.zeros((2, 1, 3)), np.asarray(STATES)[:, :-1]], axis=1)


def test_previous_states_start_with_zero():
    np.testing.assert_array_equal(channels.previous(STATES), BEFORE)


def test_constructed_tokens_hold_zero_state_state_and_previous_state():
    tokens = np.asarray(channels.constructed(STATES)).reshape(2, 5, 4, 3)
    for channel, expected in enumerate([0 * BEFORE, STATES, STATES, BEFORE]):
        np.testing.assert_array_equal(tokens[:, :, channel], expected)


def test_tokens_for_one_layer_have_two_empty_channels():
    tokens = np.asarray(channels.constructed_once(STATES)).reshape(2, 5, 4, 3)
    for channel, expected in enumerate([0 * BEFORE, 0 * BEFORE, STATES, BEFORE]):
        np.testing.assert_array_equal(tokens[:, :, channel], expected)
