"""How far a run is: a bar with the time left on a terminal, silence elsewhere."""

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Clock:
    """The time that a run took, interruptions left out.

    Kept in a file, so that a run that was stopped and resumed adds up. Monotonic: it does not
    care what the clock on the wall does.

    parts: clocks of what was trained apart, in blocks; their times are added.
    """

    def __init__(self, path: Path | None, started: str, parts: Iterable[Path] = ()) -> None:
        self._path, self.started, self._before = path, started, 0.0
        self._from = self._saved = time.monotonic()
        if path is not None and path.exists():
            self._restore(path)
        else:
            for part in parts:
                self._restore(part)

    def seconds(self) -> float:
        """Return the seconds that the run took so far."""
        return self._before + time.monotonic() - self._from

    def keep(self, *, every: float = 2.0) -> None:
        """Write the time down, at most once in `every` seconds."""
        if self._path is None or time.monotonic() - self._saved < every:
            return
        self._saved = time.monotonic()
        temporary = self._path.with_suffix(".new")
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(
            json.dumps({"started": self.started, "seconds": self.seconds()}), "utf-8"
        )
        temporary.replace(self._path)

    def _restore(self, path: Path) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(path.read_text("utf-8"))
            started, seconds = str(kept["started"]), float(kept["seconds"])
            self.started = started if self._before == 0.0 else min(self.started, started)
            self._before += seconds


class Display:
    """Progress of the stages of a run on a terminal; also keeps the run's clock.

    Until the first stage a bar of unknown length says that the run is being prepared.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "Display":
        self._bars.start()
        self._preparing = self._bars.add_task("preparing", total=None)
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    @contextlib.contextmanager
    def stage(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        """Open a stage of a known length; what it yields is called with the units done."""
        self._bars.update(self._preparing, visible=False)
        bar = self._bars.add_task(description, total=total)

        def report(done: int) -> None:
            self._bars.update(bar, completed=done)
            self._clock.keep()

        yield report
