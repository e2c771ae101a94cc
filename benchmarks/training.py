"""Milliseconds per training step and seed, beside other ways to do it, in one process.

Both take turns, so that a machine that slows down slows both.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import steps, timing, trainings, usual_loop
from benchmarks.harness import Benchmark, Row, Size
from incontext.experiments.prompts import prompt_problem
from incontext.models.transformer import TransformerConfig
from incontext.tasks.regression import LinearRegression
from incontext.training import blocks, devices
from incontext.training.config import TrainingConfig
from incontext.training.loop import make_chunk
from incontext.training.optimizers import AdamConfig
from incontext.training.state import TrainingState, seed_keys

STEPS, TURNS, BATCH = 50, 5, 2048
DIVIDED = {"sine": "published", "deep-linear": "layers-6", "mesa": "mesa-1"}  # trainings


def ours(num_layers: int, num_seeds: int) -> "Timed":
    """The library's chunk of steps for several seeds."""
    task = LinearRegression()
    training = TrainingConfig(STEPS, BATCH, AdamConfig(1e-3, clip_norm=10.0), STEPS, 1)
    config = TransformerConfig(
        weightings=("linear",) * num_layers, token_clip=10.0 if num_layers > 3 else None
    )
    problem = prompt_problem(task, config, training, lambda params, prompt: {})
    optimizer = training.optimizer.build()
    keys = jax.vmap(seed_keys)(jnp.arange(num_seeds, dtype=jnp.uint32))
    params = jax.jit(jax.vmap(problem.init))(keys.init)
    state = TrainingState(params, jax.vmap(optimizer.init)(params))
    mesh = devices.arrange(num_seeds, BATCH, jax.devices())
    chunk = make_chunk(problem, optimizer, STEPS, mesh)
    state, data_keys = devices.place_seeds((state, keys.data), mesh)
    return Timed(chunk, state, data_keys, num_seeds)


class Timed:
    """A chunk of training that can be run and timed again and again."""

    def __init__(self, chunk: object, state: TrainingState, keys: jax.Array, seeds: int) -> None:
        self._chunk, self._state, self._keys, self._seeds = chunk, state, keys, seeds

    def turn(self) -> float:
        """Milliseconds per seed-step of one chunk."""
        start = time.perf_counter()
        self._state, losses = self._chunk(self._state, self._keys, np.asarray(0))
        losses.block_until_ready()
        return (time.perf_counter() - start) / STEPS / self._seeds * 1e3


class Usual:
    """The usual loop, timed the same way."""

    def __init__(self, num_layers: int) -> None:
        start, self._step = usual_loop.make_step(num_layers, BATCH, 10, 10, 1e-3)
        self._carry = start(jax.random.key(0))

    def turn(self) -> float:
        """Milliseconds per step of STEPS steps, keys included."""
        start = time.perf_counter()
        for index in range(STEPS):
            key = jax.random.fold_in(jax.random.key(1), index)
            self._carry, loss = self._step(self._carry, key)
        loss.block_until_ready()
        return (time.perf_counter() - start) / STEPS * 1e3


def measure(size: Size) -> list[Row]:
    """One row per depth: medians over turns, and the ratio turn by turn."""
    rows = []
    for num_layers in size.pick((1, 2, 5), (1,)):
        cases = {"ours": ours(num_layers, 2).turn, "baseline": Usual(num_layers).turn}
        costs = timing.take_turns(cases, min(size.turns, TURNS))
        pairs = zip(costs["ours"], costs["baseline"], strict=True)
        rows.append(
            {
                "benchmark": f"training, {num_layers} linear layers, batch {BATCH}",
                "layers": num_layers,
                "ours": round(statistics.median(costs["ours"]), 2),
                "baseline": round(statistics.median(costs["baseline"]), 2),
                "ratio": round(statistics.median(b / a for a, b in pairs), 2),
                "unit": "ms per seed-step",
            }
        )
    return rows


def measure_on_two(size: Size) -> list[Row]:
    """The same with JAX told that the processor is two devices: a seed on each."""
    script = (
        "import json; from benchmarks import training; from benchmarks.harness import Size; "
        f"print(json.dumps(training.measure(Size({size.name!r}, {size.turns}))))"
    )
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": "2"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return [{**row, "devices": 2} for row in json.loads(done.stdout)]


def measure_blocks(size: Size) -> list[Row]:
    """Steps of the published settings whose batches are taken in blocks, beside whole batches."""
    preset = size.pick("paper", "smoke")
    return [
        _divided(name, one, size)
        for name, wanted in DIVIDED.items()
        for one in trainings.of(name, preset)
        if size.pick(one.name == wanted, True)
    ]


def _divided(experiment: str, training: trainings.Training, size: Size) -> Row:
    problem, optimizer = training.problem, training.optimizer
    shapes = [jax.eval_shape(part, jax.random.key(0)) for part in (problem.init, problem.sample)]
    divided = steps.Chunk(problem, optimizer, 2, seeds=1)
    with mock.patch.object(blocks, "CACHED_BYTES", math.inf):
        whole = steps.Chunk(problem, optimizer, 2, seeds=1)
    costs = timing.take_turns({"blocks": divided.turn, "whole": whole.turn}, min(size.turns, TURNS))
    pairs = zip(costs["blocks"], costs["whole"], strict=True)
    return {
        "experiment": experiment,
        "training": training.name,
        "blocks": blocks.num_blocks(problem.loss, *shapes),
        "in blocks": timing.told(costs["blocks"]),
        "whole": timing.told(costs["whole"]),
        "ratio": round(statistics.median(b / a for a, b in pairs), 2),
        "unit": "ms per seed-step",
    }


BENCHMARK = Benchmark(
    "training",
    "a training step beside the usual Python loop, and beside whole batches",
    {"depths": measure, "two-devices": measure_on_two, "blocks": measure_blocks},
)
