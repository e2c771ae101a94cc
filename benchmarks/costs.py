"""What every training of the published settings costs per seed and step on this machine.

Measured on a few steps of each; operations, bytes and launches are counted.  `planning` makes
hours of it.
"""

import functools

from benchmarks import counting, steps, timing, trainings
from benchmarks.counting import Count
from benchmarks.harness import Benchmark, Row, Size
from benchmarks.trainings import Training
from incontext import experiments

CHUNK = 2  # steps in one call
LEAST_SECONDS = 0.2  # of one turn


def measure(experiment: str, size: Size) -> list[Row]:
    """One row per training: milliseconds per seed-step, seconds per evaluation, and counts."""
    preset = size.pick("paper", "smoke")
    found = trainings.of(experiment, preset)
    with counting.for_accelerator():
        counts = [
            (steps.count_step(one.problem, one.optimizer), steps.count_evaluation(one.problem))
            for one in found
        ]
    return [_row(one, *pair, size) for one, pair in zip(found, counts, strict=True)]


def _row(training: Training, step: Count, evaluated: Count, size: Size) -> Row:
    problem = training.problem
    chunk = steps.Chunk(problem, training.optimizer, CHUNK, seeds=1)
    compile_evaluation, evaluate = steps.evaluation(problem)
    least = size.pick(LEAST_SECONDS, 0.0)
    turns = min(size.turns, 5)
    costs = timing.take_turns({"step": lambda: chunk.turn(least), "evaluation": evaluate}, turns)
    return {
        "training": training.name,
        "tuning": training.is_tuning,
        "steps": training.num_steps,
        "evaluations": training.num_evaluations,
        "seeds": len(training.seeds),
        "ms per seed-step": timing.told(costs["step"]),
        "seconds per evaluation": timing.told(costs["evaluation"]),
        "seconds to compile": round(chunk.compile_seconds + compile_evaluation, 2),
        "temporary megabytes": round(chunk.temporary_bytes / 1e6, 1),
        "step": {name: timing.short(value) for name, value in step._asdict().items()},
        "evaluation": {name: timing.short(value) for name, value in evaluated._asdict().items()},
    }


BENCHMARK = Benchmark(
    "costs",
    "every training of the published settings, per seed and step",
    {name: functools.partial(measure, name) for name in experiments.names()},
)
