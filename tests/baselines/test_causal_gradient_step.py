"""One gradient step at every position, against automatic differentiation and the paper."""

import jax
import jax.numpy as jnp
import numpy as np

from incontext.baselines import causal_gradient_step
from incontext.tasks.dynamics import LinearDynamics


def test_each_position_takes_one_step_on_the_transitions_before_it():
    states = LinearDynamics(5, 11).sample(3, key=jax.random.key(0)).inputs
    found = causal_gradient_step.predict(states, 0.07)

    def loss(weights, past, after):
        return 0.5 * jnp.sum((after - past @ weights.T) ** 2)

    for b, t in np.ndindex(3, 11):
        slope = jax.grad(loss)(jnp.zeros((5, 5)), states[b, :t], states[b, 1 : t + 1])
        expected = -0.07 * slope @ states[b, t]
        np.testing.assert_allclose(found[b, t], expected, rtol=1e-4, atol=1e-6)


# Paper B, Figure 4C: stored loss of one gradient step with eta = 0.032 at a position, and its
# spread over five batches of 256 sequences.
PUBLISHED = {1: (1.675, 0.027), 10: (1.272, 0.026), 30: (0.630, 0.015), 50: (0.775, 0.089)}


def test_published_loss_of_one_step():
    trajectory = LinearDynamics().sample(5120, key=jax.random.key(1))
    error = causal_gradient_step.predict(trajectory.inputs, 0.032) - trajectory.targets
    curve = np.asarray(jnp.mean(jnp.sum(error**2, axis=-1), axis=0)) / 2
    for position, (loss, spread) in PUBLISHED.items():
        # Means of 5 and of 20 batches differ by sqrt(1/5 + 1/20) spreads; three times that.
        assert abs(curve[position - 1] - loss) < 1.5 * spread
