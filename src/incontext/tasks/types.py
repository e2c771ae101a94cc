"""What a task hands out: a batch of prompts, of trajectories or of passages.

Glossary of shapes: B batch, N context examples, T positions, d input dimension,
d_y output dimension, n state dimension.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

from jax import Array
from jaxtyping import Float, Int, Key


class Prompt(NamedTuple):
    """A batch of in-context regression problems.

    The context shows N solved examples (x_i, y_i) of one unknown function per
    prompt; the query asks for the value at one more input.
    Source: paper A, Section 2.
    """

    context_inputs: Float[Array, "B N d"]
    context_targets: Float[Array, "B N d_y"]
    query_inputs: Float[Array, "B d"]
    query_targets: Float[Array, "B d_y"]

    @property
    def targets(self) -> Float[Array, "B d_y"]:
        """What a model has to predict: the target of the query."""
        return self.query_targets


class Trajectory(NamedTuple):
    """A batch of observed state sequences s_1 ... s_{T+1}.

    Source: paper B, "Synthetic sequence generators".
    """

    states: Float[Array, "B S n"]

    @property
    def inputs(self) -> Float[Array, "B T n"]:
        """States s_1 ... s_T that a model reads."""
        return self.states[:, :-1]

    @property
    def targets(self) -> Float[Array, "B T n"]:
        """States s_2 ... s_{T+1} that it has to predict."""
        return self.states[:, 1:]


class Passage(NamedTuple):
    """A batch of passages of a text, as tokens t_1 ... t_{T+1}."""

    tokens: Int[Array, "B S"]

    @property
    def inputs(self) -> Int[Array, "B T"]:
        """Tokens that a model reads."""
        return self.tokens[:, :-1]

    @property
    def targets(self) -> Int[Array, "B T"]:
        """Tokens that it has to predict, each after those before it."""
        return self.tokens[:, 1:]


class Pairs(NamedTuple):
    """Examples (x_i, y_i) of one unknown map per prompt, every y_i to be predicted from x_i.

    Source: paper B, "Simple autoregressive models become few-shot learners".
    """

    inputs: Float[Array, "B N n"]
    outputs: Float[Array, "B N n"]

    @property
    def targets(self) -> Float[Array, "B N n"]:
        """What is predicted: the outputs, each from its input and the pairs before it."""
        return self.outputs


@runtime_checkable
class PromptTask(Protocol):
    """A distribution over prompts."""

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Prompt:
        """Draw `batch_size` independent prompts."""
        ...


@runtime_checkable
class TrajectoryTask(Protocol):
    """A distribution over trajectories."""

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Trajectory:
        """Draw `batch_size` independent trajectories."""
        ...


@runtime_checkable
class TextTask(Protocol):
    """A distribution over passages of a text."""

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Passage:
        """Draw `batch_size` passages."""
        ...


Batch = Any  # a Prompt, a Trajectory or a Passage, whichever its task hands out
Task = PromptTask | TrajectoryTask | TextTask
