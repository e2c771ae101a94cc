"""A GPU: milliseconds per seed-step, shares of its limits, the compilation cache, TF32.

The limits are measured on the same GPU: bytes per second of a plain copy, and seconds per
iteration of a loop over one small product, which is the time between two launches.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp

from benchmarks import counting, startup, steps, timing, trainings
from benchmarks.harness import Benchmark, Row, Size
from benchmarks.planning import Accelerator
from benchmarks.trainings import Training

CHUNK = 50
LEAST_SECONDS = 0.5
ADVANCED = re.compile(rb"[1-9]\d*/\d+")  # "50/5000" beside the bar of the first training
CHOSEN = {
    "single-layer": ("layer",),
    "gdpp-depth": ("layers-2", "layers-5"),
    "causal-layer": ("layer",),
    "mesa": ("mesa-1",),
}


def check_device(size: Size) -> None:
    """Refuse to measure a GPU where there is none; a rehearsal runs anywhere.

    Raises:
        ValueError: if there is no GPU.
    """
    platform = jax.default_backend()
    if size.name != "smoke" and platform != "gpu":
        raise ValueError(
            f"the device is a {platform}, and this measures a GPU; run it where JAX finds one, or "
            "rehearse it with --smoke."
        )


def limits(size: Size) -> tuple[float, float]:
    """Bytes per second of a copy, and seconds per launch, of this device."""
    count, iterations = size.pick(2**28, 2**16), size.pick(20_000, 200)
    copy = jax.jit(lambda array: array + 1.0)
    array = jax.block_until_ready(copy(jnp.zeros(count)))
    small = jnp.eye(16)

    @jax.jit
    def launch(start: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda a, _: (a @ small, None), start, None, length=iterations)[0]

    costs = timing.take_turns(
        {
            "copy": lambda: timing.seconds(lambda: copy(array).block_until_ready()),
            "launch": lambda: timing.seconds(lambda: launch(small).block_until_ready()),
        },
        size.turns,
    )
    moved = 2 * array.nbytes / min(costs["copy"])
    return moved, min(costs["launch"]) / iterations


def measure_limits(size: Size) -> list[Row]:
    """What the device can do at best."""
    check_device(size)
    bandwidth, launch = limits(size)
    return [
        {"limit": "bandwidth", "value": timing.short(bandwidth), "unit": "bytes per second"},
        {"limit": "launch", "value": timing.short(launch), "unit": "seconds"},
    ]


def problems(size: Size) -> Iterator[tuple[str, Training]]:
    """Trainings of the published settings that stand for the others; a rehearsal takes one."""
    chosen = size.pick(CHOSEN, {"single-layer": CHOSEN["single-layer"]})
    for experiment, names in chosen.items():
        for training in trainings.of(experiment, size.pick("paper", "smoke")):
            if training.name in names:
                yield experiment, training


def measure_steps(size: Size) -> list[Row]:
    """Milliseconds per seed-step with seeds side by side, and what share of a limit that is."""
    check_device(size)
    bandwidth, launch = limits(size)
    card = Accelerator("this device", bandwidth=bandwidth, launch=launch)
    rows, chosen = [], list(problems(size))
    with counting.for_accelerator():
        counts = [steps.count_step(one.problem, one.optimizer)._asdict() for _, one in chosen]
    for (experiment, training), counted in zip(chosen, counts, strict=True):
        for seeds in size.pick((1, 5, 10), (1, 2)):
            chunk = steps.Chunk(training.problem, training.optimizer, _chunk(size), seeds)
            least = size.pick(LEAST_SECONDS, 0.0)
            costs = timing.take_turns({"step": lambda c=chunk, s=least: c.turn(s)}, size.turns)
            told = timing.told(costs["step"])
            needed = card.at_least(counted, seeds)
            limit = max(needed, key=lambda name, needed=needed: needed[name])
            rows.append(
                {
                    "training": f"{experiment}, {training.name}",
                    "seeds": seeds,
                    "ms per seed-step": told,
                    "limit": limit,
                    "share of the limit": timing.short(
                        needed[limit] / (told["median"] * seeds / 1e3), 3
                    ),
                    "seconds to compile": round(chunk.compile_seconds, 2),
                }
            )
    return rows


def _chunk(size: Size) -> int:
    return size.pick(CHUNK, 2)


def measure_precision(size: Size) -> list[Row]:
    """The same training with exact products and with TF32: its time and its loss."""
    check_device(size)
    rows = []
    for experiment, training in problems(size):
        row: Row = {"training": f"{experiment}, {training.name}"}
        losses = {}
        for name, precision in (("highest", "highest"), ("TF32", "tensorfloat32")):
            with jax.default_matmul_precision(precision):
                chunk = steps.Chunk(training.problem, training.optimizer, _chunk(size), 1)
                took = timing.take_turns({name: chunk.turn}, size.turns)[name]
                losses[name] = chunk.last_loss
            row[f"ms, {name}"] = timing.told(took)["median"]
        row["relative difference of the loss"] = timing.short(
            abs(losses["TF32"] - losses["highest"]) / abs(losses["highest"]), 3
        )
        rows.append(row)
    return rows


def measure_cache(size: Size) -> list[Row]:
    """Seconds from a command to its first trained steps, without and with a compilation cache."""
    check_device(size)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        environment = startup.scratch_environment(
            scratch,
            JAX_COMPILATION_CACHE_DIR=str(scratch / "cache"),
            JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
        )
        command = startup.run_command(scratch, size.pick("paper", "smoke"))
        took = [
            startup.seen_after(command, {"steps": ADVANCED}, environment)["steps"]
            for _ in range(1 + size.turns)
        ]
    return [
        {"cache": "empty", "seconds until the first steps": timing.told(took[:1], 3)},
        {"cache": "filled", "seconds until the first steps": timing.told(took[1:], 3)},
    ]


BENCHMARK = Benchmark(
    "gpu",
    "milliseconds per seed-step on a GPU, and its limits",
    {
        "limits": measure_limits,
        "steps": measure_steps,
        "precision": measure_precision,
        "cache": measure_cache,
    },
    needs="a GPU",
)
