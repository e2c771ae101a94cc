"""The expansion of a softmax, and the pair of heads that it explains."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis import linearisation
from incontext.baselines import gradient_descent
from incontext.models.attention import Products, attend
from incontext.models.readout import read_prediction
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression

LOGITS = jax.random.normal(jax.random.key(0), (17, 3, 2, 11))
TASK = LinearRegression(num_context=11, input_dim=5)
PROMPT = TASK.sample(13, key=jax.random.key(1))
TOKENS = concatenate(PROMPT)
STEP_SIZE, SCALE = 0.7, 0.4


def opposite_heads(sharpness):
    """Two heads with opposite scores and signs: a centred gradient step for small scores."""
    look = jnp.diag(jnp.r_[jnp.ones(5), 0.0])
    say = jnp.zeros((6, 6)).at[5, 5].set(-1.0)
    strength = TASK.num_context * STEP_SIZE / (2 * sharpness * SCALE)
    return Products(sharpness * jnp.stack([look, -look]), strength * jnp.stack([say, -say]))


def centred_step():
    mean = jnp.mean(PROMPT.context_inputs, axis=1, keepdims=True)
    centred = PROMPT._replace(context_inputs=PROMPT.context_inputs - mean)
    return gradient_descent.predict(centred, [TASK.num_context * STEP_SIZE])


def predict(update):
    return read_prediction((TOKENS[:, -1:] + update)[:, 0], 1)


def test_expansion_sums_to_one_like_the_softmax():
    np.testing.assert_allclose(linearisation.expand(LOGITS).sum(axis=-1), 1, rtol=1e-5)


def test_expansion_has_the_derivative_of_the_softmax():
    direction = jax.random.normal(jax.random.key(2), LOGITS.shape)
    zero = jnp.zeros_like(LOGITS)
    _, exact = jax.jvp(jax.nn.softmax, (zero,), (direction,))
    _, first_order = jax.jvp(linearisation.expand, (zero,), (direction,))
    np.testing.assert_allclose(first_order, exact, atol=1e-6)


def test_relative_error_is_of_first_order_in_the_logits():
    large, small = (linearisation.expansion_error(size * LOGITS) for size in (0.1, 0.05))
    np.testing.assert_allclose(large / small, 2, rtol=0.05)
    assert np.all(linearisation.expansion_error(20 * LOGITS) > 1)


def test_logit_spread_ignores_a_shift_of_all_scores():
    shifted = linearisation.logit_spread(3 * LOGITS + 7)
    np.testing.assert_allclose(shifted, 3 * linearisation.logit_spread(LOGITS), rtol=1e-4)


def test_opposite_heads_are_a_centred_gradient_step_to_first_order():
    update = linearisation.attend_to_first_order(
        opposite_heads(1.0), TOKENS[:, -1:], TOKENS[:, :-1], SCALE
    )
    np.testing.assert_allclose(predict(update), centred_step(), atol=1e-5)


def test_opposite_softmax_heads_approach_the_centred_step():
    """The gap is of third order per head, of second relative to the step."""
    gaps = []
    for sharpness in (1.0, 0.5):
        products = opposite_heads(sharpness)
        update = attend(
            products, TOKENS[:, -1:], TOKENS[:, :-1], weighting="softmax", logit_scale=SCALE
        )
        gaps.append(float(jnp.abs(predict(update) - centred_step()).max()))
    assert gaps[1] < 0.02
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.15)
