"""One training step beside the usual loop, turn by turn in one process.

One, two and five linear layers at paper A's settings: N = d = 10, 2,048 prompts a batch.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jax

from benchmarks import harness, usual_loop
from benchmarks.harness import Benchmark, Row, Size, Turn
from incontext.models.transformer import TransformerConfig
from incontext.networks import Together, Training
from incontext.tasks.regression import LinearRegression
from incontext.training import devices
from incontext.training.config import Kept, Schedule
from incontext.training.loop import Run, make_chunk
from incontext.training.optimizers import AdamConfig

SEEDS = 2
NEVER = 1_000_000  # steps until the loss is taken on the evaluation tasks: not within a benchmark


def training(num_layers: int, batch_size: int) -> Training:
    """Paper A's training of so many layers."""
    layers = ("linear",) * num_layers
    network = TransformerConfig(layers, token_clip=10.0 if num_layers > 3 else None)
    schedule = Schedule(NEVER, batch_size, AdamConfig(1e-3, clip_norm=10.0), NEVER, 1)
    return Training(f"linear-{num_layers}", LinearRegression(), Together(), network, schedule)


def ours(num_layers: int, batch_size: int, num_steps: int) -> Turn:
    """The library's loop for several seeds: a turn gives milliseconds per seed-step."""
    one = training(num_layers, batch_size)
    problem = one.problem()
    mesh = devices.arrange(SEEDS, batch_size, jax.devices())
    run = Run(problem, one.schedule, Kept(), tuple(range(SEEDS)), mesh)
    chunk = make_chunk(problem, one.schedule.optimizer.build(), num_steps, mesh)

    def turn() -> float:
        took = harness.seconds(lambda: run.advance(chunk, num_steps))
        return took / (num_steps * SEEDS) * 1e3

    return turn


def usual(num_layers: int, batch_size: int, num_steps: int) -> Turn:
    """The usual loop for one seed: a turn gives milliseconds per step, keys included."""
    start, step = usual_loop.make_step(num_layers, batch_size)
    carry = start(jax.random.key(0))

    def steps() -> None:
        nonlocal carry
        for index in range(num_steps):
            carry, loss = step(carry, jax.random.fold_in(jax.random.key(1), index))
        loss.block_until_ready()

    return lambda: harness.seconds(steps) / num_steps * 1e3


def measure(size: Size) -> list[Row]:
    """One row per depth: medians over turns, and the ratio turn by turn."""
    rows = []
    for num_layers in size.pick((1, 2, 5), (1,)):
        sizes = num_layers, size.pick(2048, 16), size.pick(50, 3)
        costs = harness.take_turns({"ours": ours(*sizes), "usual": usual(*sizes)}, size.turns)
        rows.append(
            {
                "layers": num_layers,
                "devices": jax.device_count(),
                "ours, ms per seed-step": harness.told(costs["ours"], 3),
                "usual loop, ms per step": harness.told(costs["usual"], 3),
                "times faster": harness.ratio(costs["usual"], costs["ours"]),
            }
        )
    return rows


def measure_on_two(size: Size) -> list[Row]:
    """The same with JAX told that the processor is two devices: a seed on each."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": "2"}
    command = [sys.executable, "-m", "benchmarks", "training.depths", "--turns", str(size.turns)]
    with tempfile.TemporaryDirectory() as out:
        command += ["--out", out, *size.pick([], ["--smoke"])]
        subprocess.run(command, env=environment, cwd=harness.ROOT, capture_output=True, check=True)
        return harness.load("training", Path(out))["depths"]["rows"]


BENCHMARK = Benchmark(
    "training",
    "one training step beside the usual loop, one, two and five linear layers",
    {"depths": measure, "two-devices": measure_on_two},
)
