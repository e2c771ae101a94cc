"""Optimiser and length settings, and means over many batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.training.config import Kept, Schedule
from incontext.training.evaluation import mean_over_tasks
from incontext.training.optimizers import AdamConfig


def first_update(config, gradient, steps=1):
    optimizer = config.build()
    params = {"w": jnp.ones(2)}
    state = optimizer.init(params)
    for _ in range(steps):
        updates, state = optimizer.update({"w": jnp.asarray(gradient)}, state, params)
    return np.asarray(updates["w"])


def test_first_adam_step_has_the_learning_rate_as_its_size():
    np.testing.assert_allclose(first_update(AdamConfig(0.1), [3.0, -5.0]), [-0.1, 0.1], rtol=1e-5)


def test_weight_decay_is_decoupled():
    config = AdamConfig(0.1, weight_decay=0.5)
    np.testing.assert_allclose(first_update(config, [3.0, 3.0]), -0.1 - 0.1 * 0.5, rtol=1e-5)


def test_warm_up_rises_from_zero_and_decay_ends_at_the_final_rate():
    config = AdamConfig(0.1, warmup_steps=4, decay_steps=10, final_learning_rate=0.01)
    assert abs(first_update(config, [1.0, 1.0], steps=1)).max() == 0
    np.testing.assert_allclose(first_update(config, [1.0, 1.0], steps=5), -0.1, rtol=1e-4)
    np.testing.assert_allclose(first_update(config, [1.0, 1.0], steps=30), -0.01, rtol=1e-4)


def test_element_wise_and_global_clipping_differ():
    # Adam forgets a constant scale, so look at a gradient that changes in size.
    small, large = jnp.asarray([0.5, 0.5]), jnp.asarray([100.0, 0.5])

    def second(config):
        optimizer = config.build()
        state = optimizer.init({"w": small})
        _, state = optimizer.update({"w": small}, state, {"w": small})
        return np.asarray(optimizer.update({"w": large}, state, {"w": small})[0]["w"])

    by_value, by_norm = (second(AdamConfig(1.0, **c)) for c in ({"clip_value": 1.0},
                                                                {"clip_norm": 1.0}))  # fmt: skip
    assert by_value[1] == pytest.approx(second(AdamConfig(1.0))[1])
    assert abs(by_norm[1]) < abs(by_value[1])


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"warmup_steps": 9, "decay_steps": 5}, "5"),
        ({"clip_norm": 0.0}, "clip_norm is 0.0"),
        ({"clip_value": -1.0}, "clip_value is -1.0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"warmup_steps": -2}, "warmup_steps is -2"),
        ({"final_learning_rate": float("nan")}, "final_learning_rate is nan"),
        ({"b1": 1.0}, "b1 is 1.0"),
        ({"b2": -0.5}, "b2 is -0.5"),
    ],
)
def test_bad_optimiser_settings_are_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        AdamConfig(**{"learning_rate": 0.1, **settings})


@pytest.mark.parametrize(
    "settings", [{"num_steps": 0}, {"batch_size": -1}, {"num_steps": 150}, {"evaluation_size": 0}]
)
def test_bad_lengths_are_refused(settings):
    with pytest.raises(ValueError, match="must be"):
        Schedule(**{"num_steps": 100, "batch_size": 5, "optimizer": AdamConfig(0.1), **settings})


@pytest.mark.parametrize("steps", [(0, 100), (100, 100), (-1,)])
def test_steps_that_are_no_place_to_keep_weights_are_refused(steps):
    with pytest.raises(ValueError, match="distinct numbers of at least 1"):
        Kept(steps)


def test_mean_and_error_bar_of_a_known_distribution():
    estimate = mean_over_tasks(
        lambda batch: jnp.stack([batch, batch + 1]),
        lambda key: jax.random.normal(key, (1000,)),
        num_batches=100,
        key=jax.random.key(0),
    )
    # 100,000 draws of N(0, 1): standard error 1/sqrt(100,000), itself known to about 7 %.
    np.testing.assert_allclose(estimate.standard_error, 100_000**-0.5, rtol=0.3)
    assert np.all(np.abs(estimate.mean - jnp.asarray([0.0, 1.0])) < 4 * estimate.standard_error)


def test_an_error_bar_needs_two_batches():
    with pytest.raises(ValueError, match="num_batches is 1"):
        mean_over_tasks(lambda x: x, lambda key: key, num_batches=1, key=jax.random.key(0))
