"""Every chapter executed by papermill, training afresh what it shows, end to end."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import timing
from benchmarks.harness import Benchmark, Row, Size

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 12 * 3600  # seconds for one chapter


def execute(source: Path, preset: str, build: Path) -> list[Row]:
    """Make the book of `source` with everything trained at `preset`; one row per chapter.

    Raises:
        ValueError: if a chapter or the book failed; the message is what it said.
    """
    script = ROOT / "workflow" / "make_book.py"
    command = [sys.executable, str(script), "--source", str(source), "--build", str(build)]
    options = ["--preset", preset, "--fresh", "--timeout", str(TIMEOUT), "--jobs", "1"]
    finished = subprocess.run([*command, *options], capture_output=True, text=True, cwd=ROOT)
    if finished.returncode:
        raise ValueError(" ".join(finished.stderr.split()) or "the book could not be made")
    executed = sorted((build / "executed" / "chapters").glob("*.ipynb"))
    return [_row(path, preset) for path in executed]


def _row(path: Path, preset: str) -> Row:
    about = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return {
        "chapter": path.stem,
        "preset": preset,
        "fresh": about["papermill"]["parameters"]["fresh"],
        "seconds": timing.short(about["papermill"]["duration"], 3),
        "megabytes": about["incontext"]["peak_memory_mb"],
    }


def measure(size: Size) -> list[Row]:
    """The book's own chapters at the published settings."""
    with tempfile.TemporaryDirectory() as build:
        return execute(ROOT, size.pick("paper", "smoke"), Path(build))


BENCHMARK = Benchmark(
    "chapters",
    "every chapter with everything trained afresh, on a GPU for the published settings",
    {"fresh": measure},
    needs="a GPU",
)
