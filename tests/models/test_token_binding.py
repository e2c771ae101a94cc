"""Written-down layers on raw tokens against what they are said to compute."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import causal_gradient_step, least_squares
from incontext.models import token_binding
from incontext.models.sequence import SequenceConfig, build, sinusoids

SIZE, LENGTH, WIDTH = 3, 11, 10


def network(second, sharpness=60.0):
    kind = "mesa" if second is token_binding.solve_pairs else "linear"
    config = SequenceConfig(
        kinds=("softmax", kind),
        num_heads=1,
        key_size=WIDTH,
        embedding_dim=3 * SIZE,
        position_dim=WIDTH,
        token_clip=None,
    )
    params = {
        **token_binding.bind_neighbours(SIZE, WIDTH, sharpness),
        **second(SIZE, WIDTH, 7.0),
    }
    return build(config, SIZE), params


def draw(count):
    return jax.random.normal(jax.random.key(0), (count, LENGTH, SIZE))


def with_itself_before(states):
    return jnp.concatenate([states[:, :1], states[:, :-1]], axis=1)


def test_written_weights_have_the_shapes_of_trained_ones():
    for second in (token_binding.solve_pairs, token_binding.descend_on_pairs):
        model, params = network(second)
        drawn = jax.eval_shape(model.init, jax.random.key(0), draw(2))
        shapes = jax.tree.map(lambda leaf: leaf.shape, drawn)
        assert jax.tree.map(lambda leaf: leaf.shape, params) == shapes


def test_a_rotation_turns_every_position_into_the_one_before():
    positions = sinusoids(LENGTH, WIDTH)
    turned = positions @ token_binding.one_back(WIDTH).T
    np.testing.assert_allclose(turned[1:], positions[:-1], atol=2e-6)


def test_the_first_layer_writes_the_previous_state_beside_the_current_one():
    model, params = network(token_binding.solve_pairs)
    states = draw(2)
    bound = model.trace(params, states)[1]
    np.testing.assert_array_equal(bound[..., :SIZE], 0.0)
    np.testing.assert_array_equal(bound[..., SIZE : 2 * SIZE], states)
    # The nearest rival scores 60 * .46 less, which leaves it exp(-27).
    np.testing.assert_allclose(bound[..., 2 * SIZE :], with_itself_before(states), atol=1e-5)


def test_two_layers_are_ridge_regression_on_all_pairs_with_the_first_state_twice():
    model, params = network(token_binding.solve_pairs)
    states = draw(2)
    found, before = model.apply(params, states), with_itself_before(states)
    for t in range(1, LENGTH + 1):
        weights = least_squares.fit(before[:, :t], states[:, :t], 1 / 7.0)
        expected = jnp.einsum("bij,bj->bi", weights, states[:, t - 1])
        np.testing.assert_allclose(found[:, t - 1], expected, rtol=1e-3, atol=1e-4)


def test_with_a_linear_second_layer_they_are_a_gradient_step_but_for_the_false_pair():
    model, params = network(token_binding.descend_on_pairs)
    states = draw(2)
    first = states[:, :1]
    false_pair = 7.0 * first * jnp.einsum("bti,bsi->bts", states, first)
    expected = causal_gradient_step.predict(states, 7.0) + false_pair
    scale = float(jnp.abs(expected).max())
    np.testing.assert_allclose(model.apply(params, states), expected, atol=1e-5 * scale)


@pytest.mark.parametrize("position_dim", [7, 2])
def test_positions_that_cannot_hold_it_are_refused(position_dim):
    with pytest.raises(ValueError, match=f"position_dim is {position_dim}; it must be even"):
        token_binding.bind_neighbours(SIZE, position_dim, 1.0)
