"""What all experiments on prompts share: a Transformer, its problem, its learner."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis import learners
from incontext.analysis.alignment import Predictor, align, squared_error
from incontext.models.attention import Products, attend
from incontext.models.readout import read_prediction
from incontext.models.transformer import (
    Model,
    TransformerConfig,
    build,
    clip_tokens,
    final_query,
)
from incontext.tasks.layout import concatenate
from incontext.tasks.types import Prompt, PromptTask
from incontext.training.config import TrainingConfig
from incontext.training.loop import train
from incontext.training.state import Problem, Trained
from incontext.training.workspace import Workspace

EVALUATION_SEED = 2_000_000_000  # far above any training seed

Metrics = Callable[[PyTree, Prompt], Mapping[str, Array]]
Layout = Callable[[Prompt], Array]  # prompt -> tokens [B, M, D], the query last


def evaluation_key(purpose: int) -> Array:
    """Key of fixed evaluation tasks, one per purpose, never used for training."""
    return jax.random.fold_in(jax.random.key(EVALUATION_SEED), purpose)


def predict(
    model: Model, params: PyTree, prompt: Prompt, layout: Layout = concatenate
) -> Float[Array, "B d_y"]:
    """Prediction of a Transformer on the tokens of a layout."""
    query = model.query(params, layout(prompt))
    return read_prediction(query, prompt.query_targets.shape[-1])


def predict_with(
    products: Products, prompt: Prompt, num_layers: int = 1, bound: float | None = None
) -> Float[Array, "B d_y"]:
    """Prediction of one linear layer, given by its products and applied `num_layers` times.

    With `bound`, tokens are clipped to +-bound after every application.
    """

    def layer(tokens: Array, context: Array) -> Array:
        return clip_tokens(tokens + attend(products, tokens, context), bound)

    query = final_query([layer] * num_layers, concatenate(prompt))
    return read_prediction(query, prompt.query_targets.shape[-1])


class Network(NamedTuple):
    """A Transformer over prompts, trained with several seeds."""

    config: TransformerConfig
    layout: Layout
    trained: Trained
    seeds: tuple[int, ...]

    def learner(self, name: str) -> learners.Learner:
        """The network as a learner, one prediction per seed."""
        model = build(self.config)
        return learners.network(
            name,
            lambda w, p: predict(model, w, p, self.layout),
            self.trained.params,
            self.seeds,
        )


def prompt_problem(
    task: PromptTask,
    config: TransformerConfig,
    training: TrainingConfig,
    metrics: Metrics,
    layout: Layout = concatenate,
) -> Problem:
    """Train a Transformer on prompts laid out as tokens, on half the mean squared error.

    The metric "loss" is always taken; `metrics` adds others.
    """
    model = build(config)
    tokens = jax.eval_shape(lambda: layout(task.sample(1, key=jax.random.key(0))))

    def loss(params: PyTree, prompt: Prompt) -> Array:
        return jnp.mean(squared_error(lambda p: predict(model, params, p, layout), prompt))

    def evaluate(params: PyTree, prompt: Prompt) -> dict[str, Array]:
        return {"loss": loss(params, prompt), **metrics(params, prompt)}

    return Problem(
        init=lambda key: model.init(key, jnp.zeros(tokens.shape)),
        sample=lambda key: task.sample(training.batch_size, key=key),
        loss=loss,
        evaluate=evaluate,
        evaluation_batch=task.sample(training.evaluation_size, key=evaluation_key(0)),
    )


def train_network(
    problem: Problem,
    config: TransformerConfig,
    training: TrainingConfig,
    seeds: Sequence[int],
    name: str,
    workspace: Workspace,
    layout: Layout = concatenate,
) -> Network:
    """Train the Transformer of a problem made by `prompt_problem`."""
    trained = train(
        problem,
        training,
        seeds=seeds,
        name=name,
        workspace=workspace,
    )
    return Network(config, layout, trained, tuple(seeds))


def alignment_metrics(
    model: Model, params: PyTree, prompt: Prompt, baseline: Predictor, suffix: str = ""
) -> dict[str, Array]:
    """The three alignment metrics with one baseline, names ending in `suffix`."""
    alignment = align(lambda p: predict(model, params, p), baseline, prompt)
    return {f"{name}{suffix}": value for name, value in alignment._asdict().items()}
