"""The learners that a trained layer is compared with, and how alike they are."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from incontext.analysis import learners
from incontext.analysis.interpolation import interpolate
from incontext.analysis.learners import Learner
from incontext.baselines import gradient_descent
from incontext.experiments import expected, prompts
from incontext.experiments.single_layer.config import Config
from incontext.models import constructed
from incontext.models.attention import Products, merge
from incontext.models.transformer import layer_products
from incontext.networks.network import Networks
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt


class Learners(NamedTuple):
    """The three curves of Figure 2."""

    trained: Learner
    gradient_descent: Learner
    interpolated: Learner


def history(task: LinearRegression, layer: Networks) -> dict[str, np.ndarray]:
    """Alignment with one gradient step [S, K], and both products [S, K, D, D], over training."""
    network, prompt = layer.training.function(), layer.training.evaluation_batch()
    assert isinstance(prompt, Prompt)
    eta = best_learning_rate(task)

    def measure(params: PyTree) -> dict[str, jax.Array]:
        products = layer_products(params)
        return {
            **prompts.alignment_metrics(
                network, params, prompt, lambda p: gradient_descent.predict(p, [eta])
            ),
            "key_query": products.key_query[0],
            "output_value": products.output_value[0],
        }

    return layer.along(measure)


def compare(task: LinearRegression, layer: Networks) -> Learners:
    """The trained layer, one gradient step, and the average of their weights."""
    eta = best_learning_rate(task)
    halfway = jax.jit(jax.vmap(lambda params: _halfway(task, params)))(layer.params)
    return Learners(
        layer.learner("trained"),
        learners.algorithm("gradient descent", lambda p: gradient_descent.predict(p, [eta])),
        learners.network("interpolated", prompts.predict_with, halfway, layer.seeds),
    )


def clipped(config: Config, layer: Networks) -> Learner:
    """The trained layer with its tokens clipped, as deeper networks have them.

    Source: paper A, Section A.12, for networks of more than two layers.
    """
    products = jax.jit(jax.vmap(layer_products))(layer.params)
    return learners.network(
        "clipped",
        lambda one, prompt: prompts.predict_with(one, prompt, bound=config.token_clip),
        products,
        layer.seeds,
    )


def _halfway(task: LinearRegression, params: PyTree) -> Products:
    start = jnp.zeros((task.output_dim, task.input_dim))
    step = constructed.gradient_step(start, best_learning_rate(task), task.num_context)
    return interpolate(layer_products(params), merge(step["layer_0"]), task.input_dim)


def best_learning_rate(task: LinearRegression) -> float:
    """Learning rate of the best single gradient step on this task, in closed form."""
    return expected.one_step(task).learning_rate
