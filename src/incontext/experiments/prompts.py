"""What all experiments on prompts share: a Transformer, its problem, its learner."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import Predictor, align, squared_error
from incontext.models.readout import read_prediction
from incontext.models.transformer import Model, TransformerConfig, build
from incontext.tasks.layout import concatenate
from incontext.tasks.types import Prompt, PromptTask
from incontext.training.config import TrainingConfig
from incontext.training.state import Problem

EVALUATION_SEED = 2_000_000_000  # far above any training seed

Metrics = Callable[[PyTree, Prompt], Mapping[str, Array]]


def evaluation_key(purpose: int) -> Array:
    """Key of fixed evaluation tasks, one per purpose, never used for training."""
    return jax.random.fold_in(jax.random.key(EVALUATION_SEED), purpose)


def predict(model: Model, params: PyTree, prompt: Prompt) -> Float[Array, "B d_y"]:
    """Prediction of a Transformer on concatenated tokens."""
    query = model.query(params, concatenate(prompt))
    return read_prediction(query, prompt.query_targets.shape[-1])


def prompt_problem(
    task: PromptTask,
    config: TransformerConfig,
    training: TrainingConfig,
    metrics: Metrics,
) -> Problem:
    """Train a Transformer on concatenated prompts, on half the mean squared error.

    The metric "loss" is always taken; `metrics` adds others.
    """
    model = build(config)

    def loss(params: PyTree, prompt: Prompt) -> Array:
        return jnp.mean(squared_error(lambda p: predict(model, params, p), prompt))

    def evaluate(params: PyTree, prompt: Prompt) -> dict[str, Array]:
        return {"loss": loss(params, prompt), **metrics(params, prompt)}

    return Problem(
        init=lambda key: model.init(key, concatenate(task.sample(1, key=jax.random.key(0)))),
        sample=lambda key: task.sample(training.batch_size, key=key),
        loss=loss,
        evaluate=evaluate,
        evaluation_batch=task.sample(training.evaluation_size, key=evaluation_key(0)),
    )


def alignment_metrics(
    model: Model, params: PyTree, prompt: Prompt, baseline: Predictor, suffix: str = ""
) -> dict[str, Array]:
    """The three alignment metrics with one baseline, names ending in `suffix`."""
    alignment = align(lambda p: predict(model, params, p), baseline, prompt)
    return {f"{name}{suffix}": value for name, value in alignment._asdict().items()}
