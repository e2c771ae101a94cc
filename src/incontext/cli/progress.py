"""How far a training is: bars with the time left on a terminal, a line a minute elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from incontext.networks.recorder import Missing

SECONDS_BETWEEN_LINES = 60.0


class Display:
    """Progress of the trainings of a command, with the time left for all of them."""

    def __init__(self, missing: Sequence[Missing]) -> None:
        known = [one.seconds for one in missing]
        self._left = sum(one for one in known if one is not None) if None not in known else None
        self._count, self._done = len(missing), 0
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._is_terminal, self._said_at = console.is_terminal, time.monotonic()

    def __enter__(self) -> "Display":
        self._bars.start()
        if self._count:
            whole = f"all of {self._count}, about {_minutes(self._left)}" if self._left else "all"
            self._all = self._bars.add_task(whole, total=self._count)
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    @contextlib.contextmanager
    def stage(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        """Open a stage of a known length; what it yields is called with the units done."""
        bar = self._bars.add_task(escape(description), total=total)
        started, first = time.monotonic(), None

        def report(done: int) -> None:
            nonlocal first, started
            self._bars.update(bar, completed=done)
            if first is None:  # compiled now, or taken up again
                first, started = done, time.monotonic()
            elif not self._is_terminal:
                rate = (time.monotonic() - started) / max(done - first, 1)
                left = _minutes(rate * (total - done))
                self._say(f"{description}: {done} of {total} steps, {left} left")

        yield report
        self._done += 1
        if self._count:
            self._bars.update(self._all, advance=1)

    def _say(self, line: str) -> None:
        if time.monotonic() - self._said_at >= SECONDS_BETWEEN_LINES:
            self._said_at = time.monotonic()
            print(line, file=sys.stderr, flush=True)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
