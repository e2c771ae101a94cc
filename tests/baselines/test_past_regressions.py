"""Losses for many settings at once, against predictions one setting at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import kernel, least_squares
from incontext.baselines.past_regressions import kernel_losses, ridge_losses
from incontext.tasks.dynamics import LinearDynamics


@pytest.mark.parametrize("delay", [0, 1])
@pytest.mark.parametrize(
    ("losses", "predict", "settings"),
    [
        (ridge_losses, least_squares.predict, (0.01, 1.0)),
        (kernel_losses, kernel.predict, (0.1, 2.0)),
    ],
)
def test_losses_are_those_of_the_predictions(losses, predict, settings, delay):
    trajectory = LinearDynamics(state_dim=3, length=11, noise=0.1).sample(7, key=jax.random.key(0))
    found = losses(trajectory, jnp.asarray(settings), delay=delay)
    for row, setting in zip(found, settings, strict=True):
        error = predict(trajectory.inputs, setting, delay=delay) - trajectory.targets
        expected = 0.5 * np.mean(np.sum(np.asarray(error) ** 2, axis=-1), axis=0)
        np.testing.assert_allclose(row, expected, rtol=1e-4)  # float32, ridge 0.01
