"""The trained layer, and the learners it is compared with."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from incontext.analysis import learners
from incontext.analysis.interpolation import interpolate
from incontext.analysis.learners import Learner
from incontext.baselines import gradient_descent
from incontext.experiments import expected, prompts
from incontext.experiments.prompts import Network
from incontext.models import constructed
from incontext.models.attention import Products, merge
from incontext.models.initialization import FanIn
from incontext.models.transformer import TransformerConfig, build, layer_products
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.config import TrainingConfig
from incontext.training.workspace import Workspace


class Learners(NamedTuple):
    """The three curves of Figure 2."""

    trained: Learner
    gradient_descent: Learner
    interpolated: Learner


def of_size(task: LinearRegression, size: int) -> LinearRegression:
    """The task with as many examples as inputs, N = N_x."""
    return dataclasses.replace(task, num_context=size, input_dim=size)


def model_config(task: LinearRegression) -> TransformerConfig:
    """One linear head on whole tokens, square matrices."""
    width = task.input_dim + task.output_dim
    return TransformerConfig(token_dim=width, key_size=width, initialization=FanIn(0.002))


def train_layer(
    task: LinearRegression,
    training: TrainingConfig,
    seeds: Sequence[int],
    name: str,
    workspace: Workspace,
) -> Network:
    """Train one layer; alignment with one gradient step is measured on the way."""
    model = build(model_config(task))
    eta = best_learning_rate(task)

    def metrics(params: PyTree, prompt: Prompt) -> dict[str, jax.Array]:
        products = layer_products(params)
        return {
            **prompts.alignment_metrics(
                model, params, prompt, lambda p: gradient_descent.predict(p, [eta])
            ),
            "key_query": products.key_query[0],
            "output_value": products.output_value[0],
        }

    config = model_config(task)
    problem = prompts.prompt_problem(task, config, training, metrics)
    return prompts.train_network(problem, config, training, seeds, name, workspace)


def compare(task: LinearRegression, layer: Network) -> Learners:
    """The trained layer, one gradient step, and the average of their weights."""
    eta = best_learning_rate(task)
    halfway = jax.jit(lambda params: _halfway(task, params))(layer.trained.params)
    return Learners(
        layer.learner("trained"),
        learners.algorithm("gradient descent", lambda p: gradient_descent.predict(p, [eta])),
        learners.network("interpolated", prompts.predict_with, halfway, layer.seeds),
    )


def _halfway(task: LinearRegression, params: PyTree) -> Products:
    start = jnp.zeros((task.output_dim, task.input_dim))
    step = constructed.gradient_step(start, best_learning_rate(task), task.num_context)
    return interpolate(layer_products(params), merge(step["layer_0"]), task.input_dim)


def best_learning_rate(task: LinearRegression) -> float:
    """Learning rate of the best single gradient step on this task, in closed form."""
    return expected.one_step(task).learning_rate
