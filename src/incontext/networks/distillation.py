"""A training that fits a linear layer to every layer of a trained network."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key, PyTree

from incontext.errors import Refusal
from incontext.models import distilled, sequence
from incontext.models.sequence import SequenceConfig
from incontext.networks.learnables import Function
from incontext.networks.training import Training
from incontext.networks.tuning import Find, Tuning
from incontext.tasks.types import Trajectory
from incontext.training.state import Problem

LINEAR = "linear/"  # begins the names of the linear layers, beside the modules of the network


@dataclasses.dataclass(frozen=True)
class Distillation(Training):
    """Linear attention fitted to what every layer of a trained network, the reader, does.

    Its parameters are those of the reader, unchanged, and modules "linear/layer_0", ..., so
    that its file can be used alone.  All layers are fitted at once; none sees another.

    reader, reader_seed: which trained network is taken apart.

    Raises:
        Refusal: if it is another network, task or layout than its reader, layers do more than
            attention, or its optimiser would decay frozen weights.

    Source: paper B, Figure 5A.
    """

    reader: Training = dataclasses.field(kw_only=True)
    reader_seed: int = dataclasses.field(kw_only=True)

    def __post_init__(self) -> None:
        mine = (self.task, self.layout, self.network)
        if mine != (self.reader.task, self.reader.layout, self.reader.network):
            raise Refusal(f"{self.name}: task, layout and network must be those of its reader.")
        distilled.check_attention_only(self.shape)
        decay = self.schedule.optimizer.weight_decay
        if decay:
            raise Refusal(f"weight_decay is {decay}; it must be 0, or the reader would change.")

    @property
    def shape(self) -> SequenceConfig:
        """The network that is taken apart."""
        if not isinstance(self.network, SequenceConfig):
            raise Refusal(f"{self.name}: only networks over sequences have layers to fit.")
        return self.network

    def settings(self) -> dict[str, Any]:
        """The distillation as JSON values; the reader comes without its name."""
        return {**super().settings(), "reader": self.reader.settings()}

    def function(self) -> Function:
        """What linear layers miss of each update, [B, L, T, D]; `init` is made by `problem_on`."""
        layers = distilled.linear_layers(self.shape)

        def init(key: Key[Array, ""]) -> PyTree:
            del key
            raise Refusal(f"{self.name} starts from a reader; use problem_on with its weights.")

        def predict(params: PyTree, trajectory: Trajectory) -> Float[Array, "B L T D"]:
            stream = jax.lax.stop_gradient(self._stream(params, trajectory))
            return layers.apply(linear_part(params), stream) - distilled.updates(stream)

        return Function(init, predict, _half_square)

    def problem_on(self, reader: PyTree) -> Problem:
        """What is optimised: half the squared error of the updates, mean over layers."""
        layers = distilled.linear_layers(self.shape)

        def init(key: Key[Array, ""]) -> PyTree:
            shape = jax.eval_shape(self._first_stream, reader)
            fresh = layers.init(key, jnp.zeros(shape.shape, shape.dtype))
            return {**reader, **{LINEAR + name: value for name, value in fresh.items()}}

        return self.problem()._replace(init=init)

    def _first_stream(self, params: PyTree) -> Float[Array, "S 1 T D"]:
        """The stream of one sequence, for its shape."""
        one = self.task.sample(1, key=jax.random.key(0))
        assert isinstance(one, Trajectory)
        return self._stream(params, one)

    def _stream(self, params: PyTree, trajectory: Trajectory) -> Float[Array, "S B T D"]:
        model = sequence.build(self.shape, trajectory.targets.shape[-1])
        return model.trace(reader_part(params), self.layout(trajectory))  # pyright: ignore - of trajectories


def linear_part(params: PyTree) -> PyTree:
    """The linear layers, under the names of the layers that they are fitted to."""
    chosen = {name: value for name, value in params.items() if name.startswith(LINEAR)}
    return {name.removeprefix(LINEAR): value for name, value in chosen.items()}


def reader_part(params: PyTree) -> PyTree:
    """The network that is taken apart."""
    return {name: value for name, value in params.items() if not name.startswith(LINEAR)}


def _half_square(missed: Float[Array, "*S D"], targets: Array) -> Float[Array, "*S"]:
    """Half the squared length of what is missed; what the network itself predicts plays no part."""
    del targets
    return 0.5 * jnp.sum(missed**2, axis=-1)


ON_READER = (Tuning, Distillation)  # trainings that begin with a trained network


def problem(training: Training, find: Find) -> Problem:
    """What is optimised, with the reader found where it lies if there is one."""
    if isinstance(training, ON_READER):
        return training.problem_on(find(training.reader, training.reader_seed))
    return training.problem()
