"""Makes the book: runs the Snakemake graph, shows progress, says in one line what failed.

Run as `python workflow/make_book.py`, from any directory. On a terminal a bar shows the time
left; elsewhere one line is printed per finished chapter.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

HERE = Path(__file__).resolve().parent
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Order:
    """What to make, from what, and where to put it."""

    source: Path
    build: Path
    preset: str
    fresh: bool
    timeout: float
    jobs: int

    def command(self) -> list[str]:
        """The Snakemake call that makes the book."""
        settings = {"source": self.source, "build": self.build, "preset": self.preset}
        settings |= {"fresh": self.fresh, "timeout": self.timeout}
        return [
            *(sys.executable, "-m", "snakemake", "book", "--snakefile", str(HERE / "Snakefile")),
            *("--directory", str(self.build), "--cores", str(self.jobs)),
            *("--rerun-triggers", "mtime", "--nolock", "--keep-going", "--quiet", "rules"),
            *("--config", *(f"{name}={value}" for name, value in settings.items())),
        ]


def main() -> None:
    """Make the book; exit 1 with one line per failed chapter if it cannot be made."""
    order = parse()
    for folder in ("log", "progress"):
        (order.build / folder).mkdir(parents=True, exist_ok=True)
        for leftover in (order.build / folder).iterdir():
            leftover.unlink()
    log = order.build / "log" / "snakemake.log"
    started = time.monotonic()
    with log.open("w") as stream:
        process = subprocess.Popen(order.command(), stdout=stream, stderr=subprocess.STDOUT)
        with stopping(process):
            watch(process, order)
    if process.returncode != 0:
        sys.exit("\n".join(failures(order.build, log)))
    page = order.build / "html" / "index.html"
    print(f"book: {display(page)} is up to date ({time.monotonic() - started:.0f} s)")


def parse() -> Order:
    """The order that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=HERE.parent)
    parser.add_argument("--build", type=Path, default=HERE.parent / "_build")
    parser.add_argument("--preset", default="laptop")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--timeout", type=float, default=900, help="seconds per chapter")
    parser.add_argument("--jobs", type=int, default=2)
    found = vars(parser.parse_args())
    return Order(**found | {name: found[name].resolve() for name in ("source", "build")})


@contextmanager
def stopping(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the process when the block ends early, as on Ctrl-C."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def watch(process: subprocess.Popen[bytes], order: Order) -> None:
    """Report progress until the process ends."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    finished: set[str] = set()
    with Progress(*columns, *left, console=console, disable=not console.is_terminal) as progress:
        bars: dict[str, TaskID] = {}
        while process.poll() is None:
            for name, (done, total) in counts(order.build).items():
                if name not in bars:
                    bars[name] = progress.add_task(name, total=total)
                progress.update(bars[name], completed=done)
                announce(name, done, total, finished, console)
            time.sleep(POLL_SECONDS)


def counts(build: Path) -> dict[str, tuple[int, int]]:
    """Cells done and cells in all, of every chapter that has started."""
    found = {}
    for path in sorted((build / "progress").iterdir()):
        numbers = path.read_text().split()
        if len(numbers) == 2:
            found[path.name] = (int(numbers[0]), int(numbers[1]))
    return found


def announce(name: str, done: int, total: int, finished: set[str], console: Console) -> None:
    """Without a terminal, say once that a chapter is executed."""
    if done == total and name not in finished and not console.is_terminal:
        finished.add(name)
        print(f"book: executed chapters/{name}.md", flush=True)


def failures(build: Path, log: Path) -> list[str]:
    """What the failed steps said, or where Snakemake's own words are."""
    said = [path.read_text().strip() for path in sorted((build / "log").glob("*.err"))]
    last = [f"make book failed, see {display(log)}"]
    return [f"book: {text}" for text in said if text] or last


def display(path: Path) -> str:
    """The path as seen from here."""
    return os.path.relpath(path)


if __name__ == "__main__":
    main()
