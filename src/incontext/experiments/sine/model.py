"""Two networks side by side: a Transformer, and a meta-learned MLP with a gradient step."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import Predictor, align
from incontext.analysis.learners import Learner
from incontext.experiments.sine.config import Family
from incontext.models.attention import Products
from incontext.models.embedding import EmbeddedModel
from incontext.models.readout import read_prediction
from incontext.models.transformer import layer_products
from incontext.networks.learnables import DeepFeatures
from incontext.networks.network import Networks
from incontext.tasks.layout import concatenate
from incontext.tasks.sine import SineRegression
from incontext.tasks.types import Prompt

TRAINED, CONTROL = "trained", "gradient descent"
NAMES = (TRAINED, CONTROL)


class Pair(NamedTuple):
    """Both networks of one family of sines, with the seeds that both have."""

    family: Family
    trained: Networks
    control: Networks

    @property
    def task(self) -> SineRegression:
        """The family of sines."""
        return self.family.task

    @property
    def seeds(self) -> tuple[int, ...]:
        """Training seeds of both."""
        return self.trained.seeds

    def network(self, name: str) -> Networks:
        """One of the two, by name."""
        return self.trained if name == TRAINED else self.control

    def learner(self, name: str) -> Learner:
        """One network as a learner, one prediction per seed."""
        return self.network(name).learner(name)

    def along(self) -> dict[str, np.ndarray]:
        """How alike the two are over training, [S, K]."""
        prompt = self.family.transformer.evaluation_batch()
        models = {name: build(self.network(name)) for name in NAMES}

        def measure(both: PyTree) -> dict[str, Array]:
            def after(name: str) -> Predictor:
                return lambda p: predict(models[name], both[name], p)

            before = [predict_before(models[name], both[name], prompt) for name in NAMES]
            start = {"initial_difference": jnp.mean(jnp.abs(before[0] - before[1]))}
            return {**start, **align(after(TRAINED), after(CONTROL), prompt)._asdict()}

        each = jax.jit(lambda both: jax.lax.map(measure, both))
        found = [
            each({name: self.network(name).at(step) for name in NAMES})
            for step in self.trained.kept_steps
        ]
        return {
            name: np.stack([np.asarray(one[name]) for one in found], axis=1) for name in found[0]
        }


def pair(family: Family, trained: Networks, control: Networks) -> Pair:
    """Both networks of a family, cut to the seeds that both have."""
    common = tuple(seed for seed in trained.seeds if seed in control.seeds)
    return Pair(family, trained.only(common), control.only(common))


def build(network: Networks) -> EmbeddedModel:
    """A network as pure functions of its parameters."""
    return _settings(network).model()


def products(network: Networks, params: PyTree) -> Products:
    """Products of the attention layer, for the parameters of one seed."""
    fixed = _settings(network).fixed_step()
    return layer_products(params) if fixed is None else fixed


def _settings(network: Networks) -> DeepFeatures:
    assert isinstance(network.training.network, DeepFeatures)
    return network.training.network


def predict(model: EmbeddedModel, params: PyTree, prompt: Prompt) -> Float[Array, "B 1"]:
    """Prediction after the attention layer."""
    return read_prediction(model.query(params, concatenate(prompt)), 1)


def predict_before(model: EmbeddedModel, params: PyTree, prompt: Prompt) -> Float[Array, "B 1"]:
    """Prediction before the attention layer: the meta-learned initial function."""
    return read_prediction(model.embed(params, concatenate(prompt))[:, -1], 1)
