"""Trained networks of every depth, and the algorithms they are compared with."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import learners
from incontext.analysis.interpolation import interpolate
from incontext.analysis.learners import Learner
from incontext.analysis.products import implied_step
from incontext.experiments import prompts, step_sizes, tables
from incontext.experiments.gdpp_depth.config import Config, Depth
from incontext.experiments.prompts import Network
from incontext.experiments.step_sizes import Descent
from incontext.models import constructed
from incontext.models.attention import Products, merge
from incontext.models.initialization import FanIn
from incontext.models.transformer import TransformerConfig, build, layer_products
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.workspace import Workspace


class Comparison(NamedTuple):
    """A trained network of some depth, gradient descent and GD++ of as many steps."""

    depth: Depth
    network: Network
    gradient_descent: Descent
    gdpp: Descent

    @property
    def title(self) -> str:
        """Name of the depth in tables and figures, such as "5 layers"."""
        return f"{self.depth.num_layers} layers"

    @property
    def name(self) -> str:
        """The title as the beginning of metric names."""
        return tables.slug(self.title)


def compare(
    task: LinearRegression, depth: Depth, seeds: Sequence[int], name: str, workspace: Workspace
) -> Comparison:
    """Tune the algorithms and train the network."""
    descent = step_sizes.tune_gradient_descent(task, depth.num_layers, depth.token_clip)
    gdpp = step_sizes.tune_gdpp(
        task, descent, depth.tuning, tied=depth.tied, name=f"{name}-gdpp", workspace=workspace
    )
    config = transformer_config(task, depth)
    metrics = _metrics(config, descent, gdpp)
    training = depth.stage.training
    problem = prompts.prompt_problem(task, config, training, metrics)
    network = prompts.train_network(
        problem, config, training, depth.stage.of(seeds), name, workspace
    )
    return Comparison(depth, network, descent, gdpp)


def transformer_config(task: LinearRegression, depth: Depth) -> TransformerConfig:
    """Linear heads on whole tokens, one per layer, square matrices."""
    width = task.input_dim + task.output_dim
    return TransformerConfig(
        token_dim=width,
        weightings=("linear",) * depth.num_layers,
        key_size=width,
        tied=depth.tied,
        token_clip=depth.token_clip,
        initialization=FanIn(0.002 / depth.num_layers),
    )


def _metrics(
    config: TransformerConfig, descent: Descent, gdpp: Descent
) -> Callable[[PyTree, Prompt], dict[str, Array]]:
    model = build(config)

    def metrics(params: PyTree, prompt: Prompt) -> dict[str, Array]:
        step = implied_step(layer_products(params), config.token_dim - 1)
        return {
            **prompts.alignment_metrics(model, params, prompt, descent, "_gd"),
            **prompts.alignment_metrics(model, params, prompt, gdpp, "_gdpp"),
            "first_layer_curvature": step.curvature[0],
        }

    return metrics


def several(task: LinearRegression, one: Comparison) -> list[Learner]:
    """Trained network, gradient descent, GD++, and for tied layers the average with GD++."""
    found = [
        one.network.learner("trained"),
        learners.algorithm("gradient descent", one.gradient_descent),
        learners.algorithm("GD++", one.gdpp),
    ]
    if one.depth.tied:
        halfway = jax.jit(lambda params: _halfway(task, one, params))(one.network.trained.params)
        found.append(
            learners.network(
                "interpolated",
                lambda products, prompt: prompts.predict_with(
                    products, prompt, one.depth.num_layers, one.depth.token_clip
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


def _halfway(task: LinearRegression, one: Comparison, params: PyTree) -> Products:
    construction = merge(constructed_layers(task, one.gdpp)["layer_0"])
    return interpolate(layer_products(params), construction, task.input_dim)


def by_context(
    config: Config, first: Comparison, seeds: Sequence[int], workspace: Workspace
) -> dict[int, Comparison]:
    """Tied networks for every number of examples, that of the task being trained already."""
    found = {}
    for num_context in config.contexts:
        if num_context == config.task.num_context:
            found[num_context] = first
            continue
        task = dataclasses.replace(config.task, num_context=num_context)
        depth = Depth(
            first.depth.num_layers,
            tied=True,
            token_clip=first.depth.token_clip,
            stage=config.context_stage,
            tuning=config.context_tuning,
        )
        found[num_context] = compare(task, depth, seeds, f"context-{num_context}", workspace)
    return found
