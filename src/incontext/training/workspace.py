"""Where a run keeps its unfinished work and tells how far it is."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from incontext.training.checkpoints import Checkpoint

BLOCKS = "blocks"  # directory of the trainings that were made in blocks of seeds


@runtime_checkable  # the tests check every annotation as it is used
class Progress(Protocol):
    """Something that can show how far a stage of known length has come."""

    def stage(
        self, description: str, total: int
    ) -> contextlib.AbstractContextManager[Callable[[int], None]]:
        """Open a stage; call what it yields with the number of units done."""
        ...


class Silent:
    """Progress that shows nothing."""

    @contextlib.contextmanager
    def stage(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        """Open a stage and ignore its reports."""
        del description, total
        yield lambda done: None


@dataclasses.dataclass(frozen=True)
class SeedBlock:
    """The seeds first..last of a run, to be trained apart from the others.

    Raises:
        ValueError: if first is negative or exceeds last.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise ValueError(
                f"the block is {self.first}-{self.last}; it must be two whole numbers, the first "
                "not above the last, such as 0-4."
            )

    def of(self, seeds: Sequence[int]) -> tuple[int, ...]:
        """Those of the seeds that are in the block."""
        return tuple(seed for seed in seeds if self.first <= seed <= self.last)

    @property
    def name(self) -> str:
        """The block as a name, such as "0-4"."""
        return f"{self.first}-{self.last}"


@dataclasses.dataclass(frozen=True)
class Workspace:
    """Checkpoint files and progress of one run.

    directory: where checkpoints go; None keeps none.
    fingerprint: what the run is; a checkpoint of another fingerprint is refused.
    block: the seeds that are trained here; their checkpoints lie in blocks/<block>/.  None
        trains all seeds, and takes trainings that were finished in blocks from there.
    """

    directory: pathlib.Path | None = None
    fingerprint: str = ""
    progress: Progress = dataclasses.field(default_factory=Silent)
    block: SeedBlock | None = None

    def checkpoint(self, name: str) -> Checkpoint | None:
        """Checkpoint of one named training, or None where none is kept."""
        if self.directory is None:
            return None
        file = f"{name}.safetensors"
        if self.block is not None:
            place = self.directory / BLOCKS / self.block.name
            return Checkpoint(place / file, self.fingerprint)
        parts = tuple(sorted(self.directory.glob(f"{BLOCKS}/*/{file}")))
        return Checkpoint(self.directory / file, self.fingerprint, parts)

    def mine(self, seeds: Sequence[int]) -> tuple[int, ...]:
        """Those of a training's seeds that are trained here."""
        return tuple(seeds) if self.block is None else self.block.of(seeds)

    def undivided(self) -> "Workspace":
        """The same place for a training that every block needs whole, such as a tuning.

        Each block then trains it for itself and keeps its checkpoint with the others.
        """
        if self.block is None or self.directory is None:
            return dataclasses.replace(self, block=None)
        place = self.directory / BLOCKS / self.block.name
        return dataclasses.replace(self, directory=place, block=None)
