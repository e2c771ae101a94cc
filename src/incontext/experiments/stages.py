"""Trainings that an experiment is made of, each with its own share of the seeds."""

import dataclasses
from collections.abc import Sequence

from incontext.training.config import TrainingConfig


@dataclasses.dataclass(frozen=True)
class Stage:
    """One training of an experiment.

    num_seeds: the first so many of the experiment's seeds are trained, the others left out.

    Raises:
        ValueError: if there is no seed.
    """

    training: TrainingConfig
    num_seeds: int

    def __post_init__(self) -> None:
        if self.num_seeds < 1:
            raise ValueError(f"num_seeds is {self.num_seeds}; it must be at least 1.")

    def of(self, seeds: Sequence[int]) -> tuple[int, ...]:
        """The seeds that this stage trains."""
        return tuple(seeds[: self.num_seeds])
