"""Makes the book: runs the Snakemake graph, shows progress, says in one line what failed.

Run as `python workflow/make_book.py`, from any directory. On a terminal a bar shows the time
left; elsewhere one line is printed per finished chapter.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from incontext.files import Busy, exclusive

HERE = Path(__file__).resolve().parent
POLL_SECONDS = 0.25


def main() -> None:
    """Make the book; exit 1 with one line per failed chapter if it cannot be made."""
    order = parse()
    try:
        with exclusive(order.build / "book", "making the book"):
            make(order)
    except Busy as busy:
        sys.exit(f"book: {busy}")


def make(order: argparse.Namespace) -> None:
    """Run the graph into the build directory, which nobody else writes to meanwhile."""
    for folder in ("log", "progress"):
        (order.build / folder).mkdir(parents=True, exist_ok=True)
        for leftover in (order.build / folder).iterdir():
            leftover.unlink()
    log = order.build / "log" / "snakemake.log"
    started = time.monotonic()
    with log.open("w") as stream:
        process = subprocess.Popen(command(order), stdout=stream, stderr=subprocess.STDOUT)
        try:
            watch(process, order.build)
        finally:  # also on Ctrl-C
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode != 0:
        said = [path.read_text().strip() for path in sorted((order.build / "log").glob("*.err"))]
        last = [f"make book failed, see {os.path.relpath(log)}"]
        sys.exit("\n".join([f"book: {text}" for text in said if text] or last))
    page = os.path.relpath(order.build / "html" / "index.html")
    print(f"book: {page} is up to date ({time.monotonic() - started:.0f} s)")


def parse() -> argparse.Namespace:
    """What to make, from what, and where to put it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=lambda p: Path(p).resolve(), default=HERE.parent)
    parser.add_argument("--build", type=lambda p: Path(p).resolve(), default=HERE.parent / "_build")
    parser.add_argument("--preset", default="laptop")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--timeout", type=float, default=900, help="seconds per chapter")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def command(order: argparse.Namespace) -> list[str]:
    """The Snakemake call that makes the book."""
    names = ("source", "build", "preset", "fresh", "timeout")
    return [
        *(sys.executable, "-m", "snakemake", "book", "--snakefile", str(HERE / "Snakefile")),
        *("--directory", str(order.build), "--cores", str(order.jobs)),
        *("--rerun-triggers", "mtime", "--nolock", "--keep-going", "--quiet", "rules"),
        *("--config", *(f"{name}={getattr(order, name)}" for name in names)),
    ]


def watch(process: subprocess.Popen[bytes], build: Path) -> None:
    """Report progress until the process ends: bars on a terminal, else a line per chapter."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, *left, console=console, disable=not console.is_terminal) as progress:
        bars, announced = {}, set()
        running = True
        while running:
            running = process.poll() is None
            for path in sorted((build / "progress").iterdir()):
                numbers = path.read_text().split()
                if len(numbers) < 2:  # it is being written
                    continue
                if path.name not in bars:
                    bars[path.name] = progress.add_task(path.name, total=int(numbers[1]))
                progress.update(bars[path.name], completed=int(numbers[0]))
                ended = numbers[0] == numbers[1] and path.name not in announced
                if ended and not console.is_terminal:
                    announced.add(path.name)
                    print(f"book: executed chapters/{path.name}.md", flush=True)
            time.sleep(POLL_SECONDS * running)


if __name__ == "__main__":
    main()
