"""Where a run keeps its unfinished work and tells how far it is."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from incontext.training.checkpoints import Checkpoint


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
class Workspace:
    """Checkpoint files and progress of one run.

    directory: where checkpoints go; None keeps none.
    fingerprint: what the run is; a checkpoint of another fingerprint is refused.
    """

    directory: pathlib.Path | None = None
    fingerprint: str = ""
    progress: Progress = dataclasses.field(default_factory=Silent)

    def checkpoint(self, name: str) -> Checkpoint | None:
        """Checkpoint of one named training, or None where none is kept."""
        if self.directory is None:
            return None
        return Checkpoint(self.directory / f"{name}.safetensors", self.fingerprint)
