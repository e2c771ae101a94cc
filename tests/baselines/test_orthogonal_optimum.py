"""The least expected loss against least squares on many noise-free sequences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import least_squares, orthogonal_optimum
from incontext.tasks.dynamics import LinearDynamics


def test_least_squares_reaches_the_optimum_where_there_is_no_noise():
    size, length, batch = 3, 7, 8192
    task = LinearDynamics(state_dim=size, length=length, noise=0.0)
    trajectory = task.sample(batch, key=jax.random.key(0))
    predictions = least_squares.predict(trajectory.inputs)
    losses = 0.5 * jnp.sum((predictions - trajectory.targets) ** 2, axis=-1)
    means = np.asarray(jnp.mean(losses, axis=0))
    errors = np.asarray(jnp.std(losses, axis=0)) / batch**0.5
    expected = np.array(orthogonal_optimum.losses(size, length))
    np.testing.assert_allclose(expected[:4], [0.5, 1 / 3, 1 / 6, 0.0], rtol=1e-12)
    assert np.all(np.abs(means - expected)[:size] < 4 * errors[:size])
    # Afterwards W is known; float32 and a direction that was barely seen leave a little.
    assert np.all(means[size:] < 0.01)


def test_the_scale_of_the_start_enters_squared():
    ratio = orthogonal_optimum.losses(5, 2, start_range=0.5)[1] / orthogonal_optimum.losses(5, 2)[1]
    assert ratio == pytest.approx(0.25)


@pytest.mark.parametrize("bad", [(0, 5, 1.0), (5, 0, 1.0), (5, 5, 0.0)])
def test_sizes_that_are_not_positive_are_refused(bad):
    with pytest.raises(ValueError, match="must be positive"):
        orthogonal_optimum.losses(*bad)
