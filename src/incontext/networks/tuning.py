"""A training that learns tokens of a prompt and leaves the network that reads them as it is."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import jax
from jax import Array
from jaxtyping import Float, Key, PyTree

from incontext.errors import Refusal
from incontext.models import sequence
from incontext.models.few_shot import EOS, PREFIX, PROMPT, answer
from incontext.models.sequence import SequenceConfig
from incontext.networks.learnables import Function
from incontext.networks.training import Training
from incontext.tasks.pairs import LinearPairs
from incontext.tasks.types import Pairs
from incontext.training.state import Problem

Find = Callable[[Training, int], PyTree]  # weights of one trained network


@dataclasses.dataclass(frozen=True)
class Tuning(Training):
    """Prompt tuning: tokens that a trained network, the reader, is prompted with, and nothing else.

    Its parameters are those of the reader, unchanged, and the tokens in the module "prompt", so
    that its file can be used alone.  A reader may itself be a tuning; its tokens are kept.

    reader, reader_seed: which trained network is frozen.
    part: "eos", one token after every pair; or "prefix", `length` tokens before the first.

    Raises:
        Refusal: if it reads other tokens than its reader or is another network, its optimiser
            would decay frozen weights, or the number of tokens does not fit the part.

    Source: paper B, "Prompt tuning" and Figure 8.
    """

    task: LinearPairs  # pyright: ignore[reportIncompatibleVariableOverride] - not of sequences
    reader: Training = dataclasses.field(kw_only=True)
    reader_seed: int = dataclasses.field(kw_only=True)
    part: Literal["eos", "prefix"] = dataclasses.field(kw_only=True)
    length: int = dataclasses.field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        if (self.layout, self.network) != (self.reader.layout, self.reader.network):
            raise Refusal(f"{self.name}: its network and layout must be those of its reader.")
        decay = self.schedule.optimizer.weight_decay
        if decay:
            raise Refusal(f"weight_decay is {decay}; it must be 0, or the reader would change.")
        if self.length < 1 or (self.part == EOS and self.length != 1):
            raise Refusal(
                f"length is {self.length}; a prefix has at least one token, an EOS is one."
            )

    def settings(self) -> dict[str, Any]:
        """The tuning as JSON values; the reader comes with all of its own, without its name."""
        return {**super().settings(), "reader": self.reader.settings()}

    def function(self) -> Function:
        """The network with its tokens; `init` is made by `problem_on`, from the reader."""
        network, task = self.network, self.task
        assert isinstance(network, SequenceConfig)
        model = sequence.build(network, task.dim)

        def init(key: Key[Array, ""]) -> PyTree:
            del key
            raise Refusal(f"{self.name} starts from a reader; use problem_on with its weights.")

        def predict(params: PyTree, pairs: Pairs) -> Float[Array, "B N n"]:
            return answer(model.apply, self._frozen(params), pairs)

        return Function(init, predict)

    def problem_on(self, reader: PyTree) -> Problem:
        """What is optimised: half the squared error at labels, in the tokens of this part alone.

        The tokens start as N(0, 1), all else as the weights of the reader.
        """
        shape = (self.task.dim,) if self.part == EOS else (self.length, self.task.dim)

        def init(key: Key[Array, ""]) -> PyTree:
            fresh = jax.random.normal(key, shape)
            return {**reader, PROMPT: {**reader.get(PROMPT, {}), self.part: fresh}}

        return self.problem()._replace(init=init)

    def _frozen(self, params: PyTree) -> PyTree:
        """The parameters with a gradient in the tokens of this part alone."""
        mine = params[PROMPT][self.part]
        still = jax.tree.map(jax.lax.stop_gradient, params)
        return {**still, PROMPT: {**still[PROMPT], self.part: mine}}


__all__ = ["EOS", "PREFIX", "Find", "Tuning"]
