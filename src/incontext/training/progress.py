"""How far a training has come, for whoever wants to show it."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable


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
