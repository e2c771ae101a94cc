"""Two networks side by side: a Transformer, and a meta-learned MLP with a gradient step."""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis import learners
from incontext.analysis.alignment import Predictor, align, squared_error
from incontext.experiments import prompts
from incontext.experiments.sine.config import Config
from incontext.models import constructed
from incontext.models.attention import Products, merge
from incontext.models.embedding import EmbeddedModel, build_embedded
from incontext.models.readout import read_prediction
from incontext.models.transformer import layer_products
from incontext.tasks.layout import concatenate
from incontext.tasks.sine import SineRegression
from incontext.tasks.types import Prompt
from incontext.training.loop import train
from incontext.training.state import Problem, Trained
from incontext.training.workspace import Workspace

TRAINED, CONTROL = "trained", "gradient descent"
NAMES = (TRAINED, CONTROL)


class Networks(NamedTuple):
    """Both networks of one family of sines, trained with the same seeds."""

    config: Config
    task: SineRegression
    trained: Trained
    seeds: tuple[int, ...]

    def params(self, name: str) -> PyTree:
        """Parameters of one network; every leaf has a leading seed axis."""
        return self.trained.params[name]

    def learner(self, name: str) -> learners.Learner:
        """One network as a learner, one prediction per seed."""
        model = build_models(self.config)[name]
        return learners.network(
            name, lambda w, p: predict(model, w, p), self.params(name), self.seeds
        )


def fixed_step(config: Config) -> Products:
    """Products of one gradient step on all channels but the last, the target."""
    count = config.task.num_context
    weights = jnp.zeros((1, config.embedding.width - 1))
    step = constructed.gradient_step(weights, config.step_size * count, count)
    return merge(dict(step["layer_0"]))


def build_models(config: Config) -> dict[str, EmbeddedModel]:
    """The Transformer and the control, by name."""
    return {
        TRAINED: build_embedded(config.embedding),
        CONTROL: build_embedded(config.embedding, fixed_step(config)),
    }


def products(config: Config, name: str, params: PyTree) -> Products:
    """Products of the attention layer of one network, for the parameters of one seed."""
    return layer_products(params) if name == TRAINED else fixed_step(config)


def predict(model: EmbeddedModel, params: PyTree, prompt: Prompt) -> Float[Array, "B 1"]:
    """Prediction after the attention layer."""
    return read_prediction(model.query(params, concatenate(prompt)), 1)


def predict_before(model: EmbeddedModel, params: PyTree, prompt: Prompt) -> Float[Array, "B 1"]:
    """Prediction before the attention layer: the meta-learned initial function."""
    return read_prediction(model.embed(params, concatenate(prompt))[:, -1], 1)


def train_both(
    config: Config, task: SineRegression, seeds: Sequence[int], name: str, workspace: Workspace
) -> Networks:
    """Train both networks on the same batches, from the same embedding."""
    optimizers: dict[Hashable, optax.GradientTransformation] = {
        TRAINED: config.training.optimizer.build(),
        CONTROL: config.control_optimizer.build(),
    }
    trained = train(
        problem(config, task),
        config.training,
        seeds=seeds,
        name=name,
        workspace=workspace,
        optimizer=optax.multi_transform(optimizers, {name: name for name in NAMES}),
    )
    return Networks(config, task, trained, tuple(seeds))


def problem(config: Config, task: SineRegression) -> Problem:
    """Both trainings as one: neither loss depends on the other's parameters."""
    models, training = build_models(config), config.training
    example = concatenate(task.sample(1, key=jax.random.key(0)))

    def mean_loss(params: PyTree, prompt: Prompt, name: str) -> Array:
        return jnp.mean(squared_error(lambda p: predict(models[name], params[name], p), prompt))

    def evaluate(params: PyTree, prompt: Prompt) -> dict[str, Array]:
        losses = {f"loss of {name}": mean_loss(params, prompt, name) for name in NAMES}
        return {**losses, **_alignment(models, params, prompt)}

    return Problem(
        # one key for both, on purpose: they start from the same embedding
        init=lambda key: {n: models[n].init(jax.random.clone(key), example) for n in NAMES},
        sample=lambda key: task.sample(training.batch_size, key=key),
        loss=lambda params, prompt: (
            mean_loss(params, prompt, TRAINED) + mean_loss(params, prompt, CONTROL)
        ),
        evaluate=evaluate,
        evaluation_batch=task.sample(training.evaluation_size, key=prompts.evaluation_key(0)),
    )


def _alignment(
    models: Mapping[str, EmbeddedModel], params: PyTree, prompt: Prompt
) -> dict[str, Array]:
    def after(name: str) -> Predictor:
        return lambda p: predict(models[name], params[name], p)

    before = [predict_before(models[name], params[name], prompt) for name in NAMES]
    start = {"initial_difference": jnp.mean(jnp.abs(before[0] - before[1]))}
    return {**start, **align(after(TRAINED), after(CONTROL), prompt)._asdict()}
