"""The six trained networks, and the algorithms they are compared with."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import PyTree

from incontext.analysis.alignment import Predictor, squared_error
from incontext.analysis.linearisation import attend_to_first_order, expansion_error, logit_spread
from incontext.analysis.products import joint_product, off_diagonal_share
from incontext.baselines.gradient_descent import one_step_losses, predict
from incontext.experiments import expected, prompts, step_sizes
from incontext.experiments.prompts import Network
from incontext.experiments.softmax.config import Config
from incontext.experiments.stages import Stage
from incontext.experiments.step_sizes import Descent
from incontext.models.attention import Weighting, attention_scores, logit_scale
from incontext.models.initialization import FanIn
from incontext.models.readout import read_prediction
from incontext.models.transformer import TransformerConfig, build, layer_products
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.workspace import Workspace


class Networks(NamedTuple):
    """All trained networks of the figure group."""

    one_head: Network
    two_heads: Network
    normalised: Network
    two_normalised: Network
    linear_one_head: Network
    linear_two_heads: Network


class Algorithms(NamedTuple):
    """One and two tuned gradient steps, and two steps of GD++."""

    one_step: Descent
    two_steps: Descent
    gdpp: Descent


def algorithms(config: Config, workspace: Workspace) -> Algorithms:
    """Tune the algorithms; one step has its closed form."""
    task = config.task
    optimum = expected.one_step(task)
    two_steps = step_sizes.tune_gradient_descent(task, 2)
    gdpp = step_sizes.tune_gdpp(
        task, two_steps, config.tuning, tied=True, name="gdpp", workspace=workspace
    )
    return Algorithms(Descent((optimum.step_size,), (0.0,)), two_steps, gdpp)


def networks(
    config: Config, tuned: Algorithms, seeds: Sequence[int], workspace: Workspace
) -> Networks:
    """Train all six."""
    one, two = {"gd": tuned.one_step}, {"gd": tuned.two_steps, "gdpp": tuned.gdpp}
    linear, soft = layer_config(config.task), layer_config(config.task, "softmax")
    norm_between = dataclasses.replace(
        linear,
        weightings=("linear", "linear"),
        layer_norm=(False, True),
        initialization=FanIn(0.002 / 2),
    )

    def network(
        name: str, stage: Stage, shape: TransformerConfig, baselines: Mapping[str, Predictor] = one
    ) -> Network:
        metrics = _metrics(config.task, shape, baselines)
        problem = prompts.prompt_problem(config.task, shape, stage.training, metrics)
        chosen = stage.of(seeds)
        return prompts.train_network(problem, shape, stage.training, chosen, name, workspace)

    return Networks(
        network("one-head", config.one_head, soft),
        network("two-heads", config.two_heads, dataclasses.replace(soft, num_heads=2)),
        network("normalised", config.normalised, dataclasses.replace(linear, layer_norm=(True,))),
        network("two-normalised", config.two_normalised, norm_between, two),
        network("linear-one-head", config.linear_one_head, linear),
        network(
            "linear-two-heads",
            config.linear_two_heads,
            dataclasses.replace(linear, num_heads=2),
        ),
    )


def layer_config(task: LinearRegression, weighting: Weighting = "linear") -> TransformerConfig:
    """One layer with one head on whole tokens, square matrices."""
    width = task.input_dim + task.output_dim
    return TransformerConfig(
        token_dim=width, weightings=(weighting,), key_size=width, initialization=FanIn(0.002)
    )


def _metrics(
    task: LinearRegression, config: TransformerConfig, baselines: Mapping[str, Predictor]
) -> Callable[[PyTree, Prompt], dict[str, Array]]:
    """Alignment with every baseline; for softmax layers also how linear the softmax is."""
    model = build(config)

    def metrics(params: PyTree, prompt: Prompt) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for name, baseline in baselines.items():
            found |= prompts.alignment_metrics(model, params, prompt, baseline, f"_{name}")
        if "softmax" in config.weightings:
            found |= _linearity(config, params, prompt, task.output_dim)
        return found

    return metrics


def _linearity(
    config: TransformerConfig, params: PyTree, prompt: Prompt, output_dim: int
) -> dict[str, Array]:
    products, scale = layer_products(params), logit_scale("softmax", config.key_size)
    tokens = concatenate(prompt)
    logits = scale * attention_scores(products.key_query, tokens[:, -1:], tokens[:, :-1])
    joint = jnp.sum(joint_product(products, output_dim), axis=0)[:-output_dim, :-output_dim]
    linear = squared_error(lambda p: predict_to_first_order(config, params, p), prompt)
    return {
        "expansion_error": jnp.mean(expansion_error(logits)),
        "logit_spread": jnp.mean(logit_spread(logits)),
        "off_diagonal_share": off_diagonal_share(joint),
        "linearised_loss": jnp.mean(linear),
    }


def predict_to_first_order(config: TransformerConfig, params: PyTree, prompt: Prompt) -> Array:
    """Prediction of one softmax layer with the softmax replaced by its expansion."""
    tokens = concatenate(prompt)
    query, context = tokens[:, -1:], tokens[:, :-1]
    scale = logit_scale("softmax", config.key_size)
    update = attend_to_first_order(layer_products(params), query, context, scale)
    return read_prediction((query + update)[:, 0], prompt.query_targets.shape[-1])


def centred_step(task: LinearRegression) -> Callable[[Prompt], Array]:
    """The best gradient step on context inputs whose mean was taken away.

    y_hat = eta/N sum_n y_n (x_n - mean(x))^T x_query, with eta the minimum of the parabola
    that the loss is; this is what two opposite softmax heads compute to first order.
    """
    prompt = task.sample(100_000, key=prompts.evaluation_key(6))
    _, rate = jax.jit(lambda p: one_step_losses(_centre(p), jnp.ones(1)))(prompt)
    return lambda p: predict(_centre(p), [float(rate)])


def _centre(prompt: Prompt) -> Prompt:
    mean = jnp.mean(prompt.context_inputs, axis=1, keepdims=True)
    return prompt._replace(context_inputs=prompt.context_inputs - mean)
