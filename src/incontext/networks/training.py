"""A training: what is learned, by what, and how."""

import dataclasses
from typing import Any

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.networks.layouts import Layout
from incontext.networks.learnables import Function, Learnable, function
from incontext.networks.learnables import half_squared_error as half_squared_error
from incontext.provenance.canonical import hash_json, plain
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Batch, Task
from incontext.training.config import Kept, Schedule
from incontext.training.state import Problem


@dataclasses.dataclass(frozen=True)
class Training:
    """Everything but the seed that decides a trained network.

    Two trainings that differ in their names only are equal: they have the same digest, and their
    networks are the same files.

    name: what people call it, such as "linear-6".  kept: weights that are kept on the way.

    Raises:
        Refusal: if weights are to be kept at a step at which nothing is evaluated.
    """

    name: str = dataclasses.field(compare=False)
    task: Task
    layout: Layout
    network: Learnable
    schedule: Schedule
    kept: Kept = dataclasses.field(default_factory=Kept)

    def settings(self) -> dict[str, Any]:
        """The training as JSON values, without its name."""
        fields = plain(self)
        del fields["name"]
        return fields

    @property
    def digest(self) -> str:
        """First ten hexadecimal digits of the SHA-256 of the settings' canonical JSON."""
        return hash_json(self.settings())[:10]

    @property
    def folder(self) -> str:
        """Name of the directory of its networks."""
        return f"{self.name}-{self.digest}"

    def function(self) -> Function:
        """The network as pure functions of its parameters."""
        return function(self.network, self.task, self.layout)

    def evaluation_batch(self) -> Batch:
        """The fixed tasks of the loss curve."""
        return fixed_batch(self.task, self.schedule.evaluation_size, 0)

    def problem(self) -> Problem:
        """What is optimised: half the squared error, 1/2 |y_hat - y|^2, mean over tasks.

        Of a learnable that brings its own errors, such as a language model, the mean of those.
        Trajectories have an error at every position, prompts one at the query.

        Source: paper A, Equation 5; paper B, Equation 66.
        """
        made = self.function()

        def loss(params: PyTree, batch: Batch) -> Float[Array, ""]:
            return jnp.mean(made.errors(made.predict(params, batch), batch.targets))

        return Problem(
            init=made.init,
            sample=lambda key: self.task.sample(self.schedule.batch_size, key=key),
            loss=loss,
            evaluation_batch=self.evaluation_batch(),
        )


def log_spaced(schedule: Schedule, count: int) -> Kept:
    """Steps to keep weights at: about `count`, evenly spaced on a logarithmic axis.

    From the first evaluation to the one before the last step, which is kept anyway.
    """
    every, last = schedule.evaluate_every, schedule.num_steps
    if last <= every:
        return Kept()
    ratios = [(last / every) ** (i / count) for i in range(count)]
    steps = sorted({every * round(ratio) for ratio in ratios})
    return Kept(tuple(step for step in steps if step < last))


def every_evaluation(schedule: Schedule, *parts: str) -> Kept:
    """Keep the weights, or those of some modules, wherever the loss is taken."""
    every = schedule.evaluate_every
    return Kept(tuple(range(every, schedule.num_steps, every)), parts)
