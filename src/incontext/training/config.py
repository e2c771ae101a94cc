"""How long and on what a model is trained, as a value."""

import dataclasses

from incontext.errors import Refusal
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Length, batch and optimiser of one training.

    evaluation_size: fixed tasks on which metrics are taken every evaluate_every steps.

    Raises:
        Refusal: if a count is not positive, or num_steps is not a multiple of
            evaluate_every.

    Source: paper A, Section A.12; paper B, Appendix F, Tables 1-3.
    """

    num_steps: int
    batch_size: int
    optimizer: AdamConfig
    evaluate_every: int = 100
    evaluation_size: int = 10_000

    def __post_init__(self) -> None:
        for name in ("num_steps", "batch_size", "evaluate_every", "evaluation_size"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if self.num_steps % self.evaluate_every:
            raise Refusal(
                f"num_steps is {self.num_steps}; it must be a multiple of evaluate_every = "
                f"{self.evaluate_every}."
            )


@dataclasses.dataclass(frozen=True)
class Kept:
    """Weights that are kept on the way, for analyses that follow a training.

    The first and the last weights are not named here: a seed gives the first again, and the
    last are what a training is for.
    steps: after how many steps.  parts: Haiku modules whose weights are kept; () for all.

    Raises:
        Refusal: if a step is not positive or comes twice.
    """

    steps: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if min(self.steps, default=1) < 1 or len(set(self.steps)) < len(self.steps):
            raise Refusal(f"steps is {self.steps}; give distinct numbers of at least 1.")
