"""The trained layer, and the learners it is compared with."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from incontext.analysis import learners
from incontext.analysis.interpolation import interpolate
from incontext.analysis.learners import Learner
from incontext.baselines import closed_form, gradient_descent
from incontext.experiments import prompts
from incontext.models import constructed
from incontext.models.attention import Products, attend, merge
from incontext.models.initialization import FanIn
from incontext.models.readout import read_prediction
from incontext.models.transformer import TransformerConfig, build, layer_products
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.config import TrainingConfig
from incontext.training.loop import train
from incontext.training.state import Trained
from incontext.training.workspace import Workspace


class Learners(NamedTuple):
    """The three curves of Figure 2."""

    trained: Learner
    gradient_descent: Learner
    interpolated: Learner


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
) -> Trained:
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

    return train(
        prompts.prompt_problem(task, model_config(task), training, metrics),
        training.optimizer.build(),
        num_steps=training.num_steps,
        evaluate_every=training.evaluate_every,
        seeds=seeds,
        name=name,
        workspace=workspace,
    )


def compare(task: LinearRegression, trained: Trained, seeds: Sequence[int]) -> Learners:
    """The trained layer, one gradient step, and the average of their weights."""
    model = build(model_config(task))
    eta = best_learning_rate(task)
    halfway = jax.jit(lambda params: _halfway(task, params))(trained.params)
    return Learners(
        learners.network(
            "trained", lambda w, p: prompts.predict(model, w, p), trained.params, seeds
        ),
        learners.algorithm("gradient descent", lambda p: gradient_descent.predict(p, [eta])),
        learners.network("interpolated", predict_with, halfway, seeds),
    )


def _halfway(task: LinearRegression, params: PyTree) -> Products:
    start = jnp.zeros((task.output_dim, task.input_dim))
    step = constructed.gradient_step(start, best_learning_rate(task), task.num_context)
    return interpolate(layer_products(params), merge(step["layer_0"]), task.input_dim)


def predict_with(products: Products, prompt: Prompt) -> jax.Array:
    """Prediction of one linear layer given by its products."""
    tokens = concatenate(prompt)
    query = tokens[:, -1:] + attend(products, tokens[:, -1:], tokens[:, :-1])
    return read_prediction(query[:, 0], prompt.query_targets.shape[-1])


def best_learning_rate(task: LinearRegression) -> float:
    """Learning rate of the best single gradient step on this task, in closed form."""
    return closed_form.one_step_optimum(
        task.input_range, task.num_context, task.input_dim
    ).learning_rate


def joint_product(products: Products, output_dim: int) -> jax.Array:
    """W_K^T W_Q scaled by the entry of P W_V that moves targets, [..., H, D, D].

    For Proposition 1 this is -(eta / N) I on the input block and zero elsewhere.
    Source: paper A, Figure 9.
    """
    scale = jnp.mean(
        jnp.diagonal(products.output_value, axis1=-2, axis2=-1)[..., -output_dim:], axis=-1
    )
    return products.key_query * scale[..., None, None]
