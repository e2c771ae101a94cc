"""What a training step costs as one size grows and all others stay.

Every part varies one size.  Curves: the whole step, and the drawing of its batch alone.  All take
turns, so that a slow moment of the machine meets every size.  The fitted exponents come from the
largest sizes, where fixed costs matter least; those of the operations counted in the same
programs stand beside them.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import counting, fits, steps, timing
from benchmarks.harness import Benchmark, Row, Size
from incontext.experiments import sequences
from incontext.experiments.causal_layer.model import layout
from incontext.experiments.prompts import prompt_problem
from incontext.models.sequence import Kind, SequenceConfig
from incontext.models.transformer import TransformerConfig
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.regression import LinearRegression
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig
from incontext.training.state import Problem

CHUNK = 5  # steps in one call
LEAST_SECONDS = 0.15  # of one turn
BATCH, SEQUENCES = 2048, 32
ADAM = AdamConfig(1e-6, clip_norm=10.0)  # so slow that nothing diverges while it is timed


@dataclass(frozen=True)
class Curve:
    """One line of a plot: for every size what is timed.

    seeds: whether the size is the number of seeds.  drawing: only batches are drawn.
    """

    name: str
    problem: Callable[[int], Problem]
    seeds: bool = False
    drawing: bool = False


@dataclass(frozen=True)
class Axis:
    """A size that grows."""

    symbol: str
    sizes: tuple[int, ...]
    few: tuple[int, ...]
    curves: Sequence[Curve]


def regression(num_context: int = 10, input_dim: int = 10, num_layers: int = 1) -> Problem:
    """Linear layers on prompts, as in the single-layer and depth experiments."""
    config = TransformerConfig(
        token_dim=input_dim + 1,
        key_size=input_dim + 1,
        weightings=("linear",) * num_layers,
        token_clip=10.0 if num_layers > 1 else None,
    )
    training = TrainingConfig(CHUNK, BATCH, ADAM, CHUNK, 1)
    task = LinearRegression(num_context, input_dim)
    return prompt_problem(task, config, training, lambda params, prompt: {})


def dynamics(kind: Kind, length: int) -> Problem:
    """One layer on sequences of states, as in the causal-layer and mesa experiments."""
    training = TrainingConfig(CHUNK, SEQUENCES, ADAM, CHUNK, 1)
    return sequences.trajectory_problem(
        LinearDynamics(length=length), SequenceConfig(kinds=(kind,)), training, layout
    )


def _both(problem: Callable[[int], Problem]) -> tuple[Curve, Curve]:
    return Curve("whole step", problem), Curve("drawing the batch", problem, drawing=True)


KINDS: tuple[Kind, ...] = ("linear", "softmax", "mesa")
AXES = {
    "context": Axis(
        "N", (5, 10, 20, 40, 80, 160, 320), (2, 3, 5), _both(lambda n: regression(num_context=n))
    ),
    "inputs": Axis(
        "d", (5, 10, 20, 40, 80, 160), (2, 3, 5), _both(lambda d: regression(input_dim=d))
    ),
    "layers": Axis(
        "L", (1, 2, 3, 5, 8, 12, 16), (1, 2, 3),
        [Curve("whole step", lambda n: regression(num_layers=n))],
    ),
    "seeds": Axis(
        "S", (1, 2, 4, 8, 16), (1, 2, 3), [Curve("whole step", lambda n: regression(), seeds=True)]
    ),
    "positions": Axis(
        "T", (25, 50, 100, 200, 400), (5, 7, 11),
        [*(Curve(kind, functools.partial(dynamics, kind)) for kind in KINDS),
         Curve("drawing the batch", functools.partial(dynamics, "linear"), drawing=True)],
    ),
}  # fmt: skip


def measure(name: str, size: Size) -> list[Row]:
    """One row per curve and size, then one row per curve with its exponents."""
    axis = AXES[name]
    sizes = size.pick(axis.sizes, axis.few)
    least = size.pick(LEAST_SECONDS, 0.0)
    cases = {(curve.name, one): (curve, one) for curve in axis.curves for one in sizes}
    with counting.for_accelerator():
        counted = {name: _operations(*case) for name, case in cases.items()}
    turns = {name: _timed(*case, least) for name, case in cases.items()}
    told = {
        name: timing.told(costs) for name, costs in timing.take_turns(turns, size.turns).items()
    }
    rows: list[Row] = [
        {"curve": name, axis.symbol: one, "ms per step": told[name, one],
         "operations": counted[name, one]}
        for name, one in cases
    ]  # fmt: skip
    for curve in axis.curves:
        costs = [told[curve.name, one]["median"] for one in sizes]
        operations = [counted[curve.name, one] for one in sizes]
        rows.append(_exponents(curve.name, sizes, costs, operations))
    return rows


def _timed(curve: Curve, one: int, least: float) -> timing.Turn:
    problem = curve.problem(one)
    if curve.drawing:
        drawing = steps.Drawing(problem, CHUNK)
        return lambda: drawing.turn(least)
    seeds = one if curve.seeds else 1
    chunk = steps.Chunk(problem, ADAM.build(), CHUNK, seeds)
    return lambda: chunk.turn(least) * seeds


def _operations(curve: Curve, one: int) -> float:
    problem = curve.problem(one)
    if curve.drawing:
        counted = steps.count_drawing(problem)
    else:
        counted = steps.count_step(problem, ADAM.build())
    return timing.short(counted.operations * (one if curve.seeds else 1))


def _exponents(
    name: str, sizes: Sequence[int], costs: Sequence[float], operations: Sequence[float]
) -> Row:
    fitted = fits.fit_upper(sizes, costs)
    return {
        "curve": name,
        "exponent": round(fitted.exponent, 3),
        "low": round(fitted.low, 3),
        "high": round(fitted.high, 3),
        "points": fitted.points,
        "exponent of the whole range": round(fits.fit_exponent(sizes, costs).exponent, 3),
        "exponent of operations": round(fits.fit_upper(sizes, operations).exponent, 3),
    }


BENCHMARK = Benchmark(
    "scaling",
    "a training step as one size grows",
    {name: functools.partial(measure, name) for name in AXES},
)
