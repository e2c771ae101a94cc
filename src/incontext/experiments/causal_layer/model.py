"""The learners that a trained layer is compared with."""

import functools

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.analysis import compression, learners
from incontext.analysis.learners import Learner
from incontext.baselines import causal_gradient_step
from incontext.experiments.causal_layer.config import Config
from incontext.models.attention import Products, merge
from incontext.networks.network import Networks
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory


def compare(config: Config, layer: Networks) -> list[Learner]:
    """The trained layer, the best gradient step, and eight numbers."""
    rate = best_learning_rate(config)
    return [
        layer.learner("trained"),
        learners.algorithm(
            "gradient descent", lambda t: causal_gradient_step.predict(t.inputs, rate)
        ),
        learners.network(
            "compressed",
            lambda numbers, t: compression.predict(numbers, t.inputs),
            reduce_layer(merge(layer.params["layer_0"]), config.task.state_dim),
            layer.seeds,
        ),
    ]


@functools.partial(jax.jit, static_argnums=1)
def reduce_layer(products: Products, state_dim: int) -> Float[Array, "S 2 2 2"]:
    """The eight numbers of a layer, for every seed."""
    return compression.coefficients(compression.compress(products, state_dim))


def best_learning_rate(config: Config) -> float:
    """Learning rate of the best single step from Phi_0 = 0, in closed form on fixed sequences."""

    @jax.jit
    def rate(trajectory: Trajectory) -> Array:
        direction = causal_gradient_step.predict(trajectory.inputs, 1.0)
        return jnp.sum(direction * trajectory.targets) / jnp.sum(direction**2)

    return float(rate(fixed_batch(config.task, config.test_size, 0)))
