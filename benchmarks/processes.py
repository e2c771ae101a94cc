"""Whole commands, each in a fresh process: memory and time of an experiment, time to start.

The operating system keeps the peak of a process, so nothing is sampled.  Starts are timed under a
pseudo-terminal, as for a person.  Warm: files were read before.  No byte code: as right after an
installation, when Python compiles every module.
"""

import functools
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import harness
from benchmarks.harness import Benchmark, Row, Size
from incontext import experiments

COMMAND = str(Path(sys.executable).with_name("incontext"))
UNIT = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
# A process begins with the memory of the one that starts it, so a small one has to.
WAIT = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[2:]); "
    "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss; "
    "open(sys.argv[1], 'w').write(str(peak)); sys.exit(code)"
)
MARKS = {
    "first progress line": re.compile(rb"loading"),
    "first bar": re.compile(rb"\d/\d"),  # everything is imported
    "first steps": re.compile(rb"(?<!\d)[1-9]\d*/\d+"),  # compiled, and trained a little
}


def environment(scratch: Path, **settings: str) -> dict[str, str]:
    """This environment, with nothing recorded and everything written below a scratch folder."""
    data = scratch / "data"
    data.mkdir(exist_ok=True)
    places = {"INCONTEXT_DATA": str(data), "INCONTEXT_BUILD": str(scratch / "build")}
    return {**os.environ, **places, "TERM": "xterm", **settings}


def run_command(name: str, preset: str, scratch: Path) -> list[str]:
    """The command that trains an experiment and keeps nothing."""
    return [COMMAND, "run", name, "--preset", preset, "--out", str(scratch / "out")]


def peak_of(command: Sequence[str], variables: Mapping[str, str]) -> tuple[float, float]:
    """Bytes that a command held at most, and seconds it took.

    Raises:
        ValueError: if the command failed.
    """
    with tempfile.TemporaryFile("w+") as printed, tempfile.NamedTemporaryFile("r") as peak:
        start = time.perf_counter()
        process = subprocess.run(
            [sys.executable, "-c", WAIT, peak.name, *command],
            env=dict(variables),
            stdout=printed,
            stderr=printed,
        )
        took = time.perf_counter() - start
        printed.seek(0)
        said, held = printed.read().strip(), peak.read()
    if process.returncode:
        last = said.rpartition("\n")[2]
        raise ValueError(f"{' '.join(command[1:3])} failed and said {last!r}; run it alone.")
    return int(held) * UNIT, took


def measure_experiment(name: str, size: Size) -> list[Row]:
    """One experiment at the laptop preset with its own number of seeds."""
    preset = size.pick("laptop", "smoke")
    costs = []
    for _ in range(size.turns):
        with tempfile.TemporaryDirectory() as place:
            scratch = Path(place)
            costs.append(peak_of(run_command(name, preset, scratch), environment(scratch)))
    held, took = zip(*costs, strict=True)
    row = {"experiment": name, "preset": preset, "seeds": experiments.get(name).num_seeds[preset]}
    megabytes = harness.told([one / 1e6 for one in held], 3)
    return [row | {"megabytes": megabytes, "seconds": harness.told(took, 3)}]


def seen_after(command: Sequence[str], variables: Mapping[str, str]) -> dict[str, float]:
    """Seconds until each mark stands on the terminal; the command is stopped after the last.

    Raises:
        ValueError: if the command ends before it showed every mark.
    """
    own, other = pty.openpty()
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=variables)
    os.close(other)
    shown, found = b"", {}
    try:
        while len(found) < len(MARKS):
            shown += os.read(own, 65_536)
            now = time.perf_counter() - start
            found |= {name: now for name in MARKS.keys() - found if MARKS[name].search(shown)}
    except OSError:  # the terminal was closed: the command ended
        missing = ", ".join(name for name in MARKS if name not in found)
        raise ValueError(
            f"{' '.join(command[1:3])} never showed {missing}; run it alone."
        ) from None
    finally:
        process.kill()  # it writes below a scratch folder, and nothing of it is kept
        process.wait()
        os.close(own)
    return {name: found[name] for name in MARKS}


def start_once(part: str, state: str, size: Size) -> dict[str, float]:
    """Seconds of one start, until each mark."""
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        settings = {} if state == "warm" else {"PYTHONPYCACHEPREFIX": str(scratch / "cache")}
        variables = environment(scratch, **settings)
        if part == "help":
            return {"ended": peak_of([COMMAND, "--help"], variables)[1]}
        command = run_command("single-layer", size.pick("laptop", "smoke"), scratch)
        return seen_after(command, variables)


def measure_start(part: str, size: Size) -> list[Row]:
    """`incontext --help` from start to end, or `incontext run` until each mark."""
    found: dict[tuple[str, str], list[float]] = {}
    for turn in range(size.turns + 1):
        for state in ("warm", "no byte code"):
            for mark, cost in start_once(part, state, size).items():
                if turn:  # the first reads the files
                    found.setdefault((state, mark), []).append(cost)
    command = {"help": "incontext --help", "run": "incontext run single-layer"}[part]
    return [
        {"command": command, "until": mark, "state": state, "seconds": harness.told(costs, 3)}
        for (state, mark), costs in found.items()
    ]


MEMORY = Benchmark(
    "memory",
    "time and peak memory of every experiment at the laptop preset",
    {name: functools.partial(measure_experiment, name) for name in experiments.names()},
)
STARTUP = Benchmark(
    "startup",
    "seconds until a command shows something",
    {name: functools.partial(measure_start, name) for name in ("help", "run")},
)
