"""Trained networks of every depth, and the algorithms they are compared with."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import learners
from incontext.analysis.interpolation import interpolate
from incontext.analysis.learners import Learner
from incontext.analysis.products import implied_step
from incontext.baselines.descent import Descent, tune_gradient_descent
from incontext.experiments import prompts
from incontext.experiments.gdpp_depth.config import Depth
from incontext.models import constructed
from incontext.models.attention import Products, merge
from incontext.models.transformer import layer_products
from incontext.networks.learnables import GDPlusPlus
from incontext.networks.network import Networks
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.loop import take_seed


class Comparison(NamedTuple):
    """A trained network of some depth, gradient descent and GD++ of as many steps."""

    depth: Depth
    network: Networks
    gradient_descent: Descent
    gdpp: Descent


def compare(depth: Depth, network: Networks, tuned: Networks) -> Comparison:
    """A trained network beside the tuned algorithms."""
    shape, algorithm = depth.shape, tuned.training.network
    assert isinstance(algorithm, GDPlusPlus)
    return Comparison(
        depth,
        network,
        tune_gradient_descent(depth.task, shape.num_layers, shape.token_clip),
        algorithm.descent(take_seed(tuned.params, 0)),
    )


def history(one: Comparison) -> dict[str, np.ndarray]:
    """Alignment with both algorithms and curvature of the first layer over training, [S, K]."""
    network, prompt = one.depth.network.function(), one.depth.network.evaluation_batch()
    assert isinstance(prompt, Prompt)

    def measure(params: PyTree) -> dict[str, Array]:
        step = implied_step(layer_products(params), one.depth.task.input_dim)
        return {
            **prompts.alignment_metrics(network, params, prompt, one.gradient_descent, "_gd"),
            **prompts.alignment_metrics(network, params, prompt, one.gdpp, "_gdpp"),
            "first_layer_curvature": step.curvature[0],
        }

    return one.network.along(measure)


def several(one: Comparison) -> list[Learner]:
    """Trained network, gradient descent, GD++, and for tied layers the average with GD++."""
    found = [
        one.network.learner("trained"),
        learners.algorithm("gradient descent", one.gradient_descent),
        learners.algorithm("GD++", one.gdpp),
    ]
    shape = one.depth.shape
    if shape.tied:
        halfway = jax.jit(jax.vmap(lambda params: _halfway(one, params)))(one.network.params)
        found.append(
            learners.network(
                "interpolated",
                lambda products, prompt: prompts.predict_with(
                    products, prompt, shape.num_layers, shape.token_clip
                ),
                halfway,
                one.network.seeds,
            )
        )
    return found


def constructed_layers(task: LinearRegression, gdpp: Descent) -> PyTree:
    """Haiku parameters of GD++, one layer per step."""
    rates = [task.num_context * step for step in gdpp.step_sizes]
    start = jnp.zeros((task.output_dim, task.input_dim))
    return constructed.curvature_corrected_steps(
        start,
        rates,  # pyright: ignore[reportArgumentType] - a list of floats, read only
        list(gdpp.curvatures),
        task.num_context,
    )


def _halfway(one: Comparison, params: PyTree) -> Products:
    task = one.depth.task
    construction = merge(constructed_layers(task, one.gdpp)["layer_0"])
    return interpolate(layer_products(params), construction, task.input_dim)
