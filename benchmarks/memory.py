"""Peak resident memory of every experiment, and of an evaluation on a million tasks.

Each in a fresh process; the operating system keeps the peak, so nothing is sampled.
"""

import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import startup, timing
from benchmarks.harness import Benchmark, Row, Size
from incontext import experiments

LIMIT = 2e9  # bytes that an experiment at the laptop preset may hold
UNIT = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB

EVALUATE = """
import sys, jax
from incontext.analysis.alignment import squared_error
from incontext.baselines import gradient_descent
from incontext.tasks.regression import LinearRegression
from incontext.training.evaluation import mean_over_tasks
batches, size = int(sys.argv[1]), int(sys.argv[2])
task = LinearRegression()
losses = jax.jit(lambda p: squared_error(lambda q: gradient_descent.predict(q, [6.06]), p))
if batches:
    found = mean_over_tasks(losses, lambda key: task.sample(size, key=key),
                            num_batches=batches, key=jax.random.key(0))
    print(float(found.mean))
else:
    print(float(losses(task.sample(size, key=jax.random.key(0))).mean()))
"""


def peak_of(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """Bytes that a command held at most, seconds it took, and what it printed last.

    Raises:
        ValueError: if the command failed.
    """
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(command, env=environment, stdout=printed, stderr=printed)
        start = time.perf_counter()
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        lines = printed.read().strip().splitlines() or [""]
    if process.returncode:
        raise ValueError(f"{' '.join(command[1:3])} failed and said {lines[-1]!r}; run it alone.")
    return usage.ru_maxrss * UNIT, took, lines[-1]


def measure_experiment(name: str, size: Size) -> list[Row]:
    """One experiment at the laptop preset with its own number of seeds."""
    preset = size.pick("laptop", "smoke")
    with tempfile.TemporaryDirectory() as scratch:
        out = str(Path(scratch, "out"))
        command = [str(startup.COMMAND), "run", name, "--preset", preset, "--out", out]
        held, took, _ = peak_of(command, startup.scratch_environment(Path(scratch)))
    return [
        {
            "experiment": name,
            "preset": preset,
            "seeds": experiments.get(name).num_seeds[preset],
            "megabytes": round(held / 1e6),
            "seconds": timing.short(took, 3),
            "under 2 GB": held < LIMIT,
        }
    ]


def measure_evaluation(size: Size) -> list[Row]:
    """The loss of one gradient step on more and more tasks, in batches and all at once."""
    most = size.pick(1_000_000, 20_000)
    chunk = most // 100
    cases = {(count // chunk, chunk) for count in (2 * chunk, most // 10, most)}
    rows = []
    for batches, each in [*sorted(cases), (0, most // 10), (0, most)]:
        command = [sys.executable, "-c", EVALUATE, str(batches), str(each)]
        held, took, loss = peak_of(command, startup.scratch_environment(Path()))
        rows.append(
            {
                "tasks": max(batches, 1) * each,
                "how": f"in batches of {each:,}" if batches else "all at once",
                "megabytes": round(held / 1e6),
                "seconds": timing.short(took, 3),
                "loss": timing.short(float(loss), 4),
            }
        )
    return rows


BENCHMARK = Benchmark(
    "memory",
    "peak resident memory of every experiment, each in a fresh process",
    {
        **{name: functools.partial(measure_experiment, name) for name in experiments.names()},
        "evaluation": measure_evaluation,
    },
)
