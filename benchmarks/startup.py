"""How long a command takes until it shows something.

The command runs under a pseudo-terminal, as for a person.  Warm: its files were read before.
No byte code: as right after an installation, when Python compiles every module.
"""

import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks import timing
from benchmarks.harness import Benchmark, Row, Size

COMMAND = Path(sys.executable).with_name("incontext")
LIMITS = {"help": 0.5, "run": 3.0}  # seconds
PATIENCE = 120.0
COLD_TURNS = 3  # Python compiles everything in each
FIRST_LINE = re.compile(rb"loading")
FIRST_BAR = re.compile(rb"preparing")
FIRST_TRAINING = re.compile(rb"\d+/\d+")  # "0/5000" beside the bar of the first training


def run_command(scratch: Path, preset: str) -> list[str]:
    """A run whose beginning is timed."""
    return [str(COMMAND), "run", "single-layer", "--preset", preset, "--out", str(scratch / "out")]


def seen_after(
    command: list[str], marks: Mapping[str, re.Pattern[bytes]], environment: Mapping[str, str]
) -> dict[str, float]:
    """Seconds until each mark stands on the terminal; the command is stopped after the last.

    Raises:
        ValueError: if the command ends or falls silent before it showed every mark.
    """
    own, other = pty.openpty()
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=other, stdout=other, stderr=other, env=dict(environment)
    )
    os.close(other)
    try:
        return _watch(own, start, marks)
    finally:
        process.kill()  # it writes below a scratch folder, and nothing of it is kept
        process.wait()
        os.close(own)


def _watch(terminal: int, start: float, marks: Mapping[str, re.Pattern[bytes]]) -> dict[str, float]:
    shown, found = b"", {}
    while len(found) < len(marks):
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # the terminal was closed: the command ended
            piece = b""
        if not piece or time.perf_counter() - start > PATIENCE:
            missing = ", ".join(name for name in marks if name not in found)
            raise ValueError(
                f"the command never showed {missing}; run it by hand and see what it says."
            )
        shown += piece
        for name, mark in marks.items():
            if name not in found and mark.search(shown):
                found[name] = time.perf_counter() - start
    return found


def scratch_environment(scratch: Path, **settings: str) -> dict[str, str]:
    """This environment, with everything a run writes below a scratch folder."""
    return os.environ | {
        "INCONTEXT_BUILD": str(scratch / "build"),
        "TERM": "xterm",
        **settings,
    }


def measure_help(size: Size) -> list[Row]:
    """`incontext --help` from start to end."""
    environment = scratch_environment(Path())

    def warm() -> float:
        return timing.seconds(lambda: _finish([str(COMMAND), "--help"], environment))

    def cold() -> float:
        with tempfile.TemporaryDirectory() as empty:
            own = environment | {"PYTHONPYCACHEPREFIX": empty}
            return timing.seconds(lambda: _finish([str(COMMAND), "--help"], own))

    found = timing.take_turns({"warm": warm, "no byte code": cold}, size.turns)
    return [_row("incontext --help", "ended", state, costs) for state, costs in found.items()]


def _finish(command: list[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, env=dict(environment), check=True, stdout=subprocess.DEVNULL)


def measure_run(size: Size) -> list[Row]:
    """`incontext run single-layer` until its first line, and until its first training starts."""
    marks = {
        "first progress line": FIRST_LINE,
        "everything imported": FIRST_BAR,
        "first training": FIRST_TRAINING,
    }
    costs: dict[tuple[str, str], list[float]] = {}
    turns = {"warm": size.turns, "no byte code": min(size.turns, COLD_TURNS)}
    for turn in range(size.turns + 1):  # the first reads the files
        for state in (state for state, most in turns.items() if turn <= most):
            with tempfile.TemporaryDirectory() as name:
                scratch = Path(name)
                settings = {"PYTHONPYCACHEPREFIX": str(scratch)} if state != "warm" else {}
                environment = scratch_environment(scratch, **settings)
                command = run_command(scratch, size.pick("laptop", "smoke"))
                for mark, cost in seen_after(command, marks, environment).items():
                    if turn:
                        costs.setdefault((mark, state), []).append(cost)
    command = "incontext run single-layer"
    return [_row(command, mark, state, found) for (mark, state), found in costs.items()]


def _row(command: str, until: str, state: str, costs: list[float]) -> Row:
    return {"command": command, "until": until, "state": state, "seconds": timing.told(costs, 3)}


BENCHMARK = Benchmark(
    "startup",
    "seconds until a command shows something",
    {"help": measure_help, "run": measure_run},
)
