"""How a batch is written down as tokens, as a value that settings can hold.

Shapes: B batch, M tokens of a prompt, T positions, D token width.
"""

import dataclasses
from collections.abc import Callable

from jax import Array
from jaxtyping import Float, Int

from incontext.errors import Refusal
from incontext.models.sequence import sinusoids
from incontext.tasks import channels
from incontext.tasks.layout import concatenate, interleave
from incontext.tasks.types import Batch, Passage, Prompt, Trajectory


@dataclasses.dataclass(frozen=True)
class Together:
    """Input and target of an example side by side in one token, the query last.

    Source: paper A, Section 2.
    """

    def __call__(self, prompt: Prompt) -> Float[Array, "B M D"]:
        """Tokens of prompts."""
        return concatenate(prompt)


@dataclasses.dataclass(frozen=True)
class Apart:
    """Inputs and targets in tokens of their own, each with a sinusoidal position beside it.

    Raises:
        Refusal: if the position has no channel.

    Source: paper A, Section 4 and Figure 5.
    """

    position_dim: int

    def __post_init__(self) -> None:
        if self.position_dim < 1:
            raise Refusal(f"position_dim is {self.position_dim}; it must be at least 1.")

    def __call__(self, prompt: Prompt) -> Float[Array, "B M D"]:
        """Tokens of prompts."""
        length = 2 * prompt.context_inputs.shape[1] + 1
        return interleave(prompt, sinusoids(length, self.position_dim))


@dataclasses.dataclass(frozen=True)
class Raw:
    """The observed states themselves, e_t = s_t.

    Source: paper B, "Token construction".
    """

    def __call__(self, trajectory: Trajectory) -> Float[Array, "B T D"]:
        """Tokens of trajectories."""
        return trajectory.inputs


@dataclasses.dataclass(frozen=True)
class Constructed:
    """Four channels (0, s_t, s_t, s_{t-1}); without the copy for reworking, (0, 0, s_t, s_{t-1}).

    Source: paper B, Section F.1.1, and the authors' code, where one layer gets no copy.
    """

    copy: bool = True

    def __call__(self, trajectory: Trajectory) -> Float[Array, "B T D"]:
        """Tokens of trajectories."""
        make = channels.constructed if self.copy else channels.constructed_once
        return make(trajectory.inputs)


@dataclasses.dataclass(frozen=True)
class Numbers:
    """Tokens of a text as their numbers in the vocabulary."""

    def __call__(self, passage: Passage) -> Int[Array, "B T"]:
        """Tokens of passages."""
        return passage.inputs


Layout = Together | Apart | Raw | Constructed | Numbers
Tokens = Callable[[Batch], Array]  # what a layout does
