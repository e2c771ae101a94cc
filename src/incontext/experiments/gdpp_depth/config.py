"""Settings of the depth figures."""

import dataclasses

import numpy as np

from incontext.errors import Refusal
from incontext.experiments import checks, regressions, tables
from incontext.experiments.regressions import adam, regression_layers, tuning, with_task
from incontext.models.transformer import TransformerConfig
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Kept, Schedule


@dataclasses.dataclass(frozen=True)
class Depth:
    """A Transformer of some depth, and the algorithms of as many steps.

    network: linear layers; where they share weights, all steps of GD++ share their numbers, and
    where tokens are clipped after every layer, so is what the algorithms carry.
    num_seeds: the first so many of the experiment's seeds are trained.
    tuning: training of GD++'s step sizes and curvatures.

    Raises:
        Refusal: if there is no seed, or the network is another one.
    """

    network: Training
    num_seeds: int
    tuning: Schedule

    def __post_init__(self) -> None:
        checks.check_num_seeds("num_seeds", self.num_seeds)
        checks.check_linear_layers(self.network)

    @property
    def task(self) -> LinearRegression:
        """What the network learns."""
        assert isinstance(self.network.task, LinearRegression)
        return self.network.task

    @property
    def shape(self) -> TransformerConfig:
        """The network's layers."""
        assert isinstance(self.network.network, TransformerConfig)
        return self.network.network

    @property
    def num_layers(self) -> int:
        """Number of layers and of steps."""
        return self.shape.num_layers

    @property
    def gdpp(self) -> Training:
        """Training of GD++ of as many steps, with one seed."""
        shape = self.shape
        return regressions.gdpp(
            self.tuning,
            shape.num_layers,
            task=self.task,
            tied=shape.tied,
            bound=shape.token_clip,
        )

    @property
    def title(self) -> str:
        """Name of the depth in tables and figures, such as "5 layers"."""
        return f"{self.num_layers} layers"

    @property
    def name(self) -> str:
        """The title as the beginning of metric names."""
        return tables.slug(self.title)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    depths: Figures 3a, 3b and 7; the first is tied, and the one whose curvature is studied.
    contexts: numbers of examples N of Figure 13, each with its own trained network.
    context_schedule, context_seeds, context_tuning: training of those networks and of their
    GD++, but for N of `task`, which depths[0] trains.
    histogram_context: N of Figure 13, right.  spectrum_tasks: tasks for spectra.
    input_scales, target_scales: axes of the last column of Figure 3.
    final_batches: batches of batch_size tasks for the final losses.

    Raises:
        Refusal: if a context leaves the Hessian singular, depths or tasks do not fit together,
            or the tables cannot be made.
    """

    depths: tuple[Depth, ...]
    contexts: tuple[int, ...]
    context_schedule: Schedule
    context_seeds: int
    context_tuning: Schedule
    input_scales: tuple[float, ...]
    target_scales: tuple[float, ...]
    histogram_context: int = 25
    spectrum_tasks: int = 10_000
    final_batches: int = 10
    batch_size: int = 10_000

    def __post_init__(self) -> None:
        layers = [depth.num_layers for depth in self.depths]
        if len(set(layers)) < max(2, len(layers)):
            raise Refusal(f"depths have {layers} layers; give at least two, all different.")
        checks.check_one_task([depth.network for depth in self.depths])
        smallest = min(*self.contexts, self.task.num_context)
        if smallest < self.task.input_dim:
            raise Refusal(
                f"contexts is {self.contexts} and num_context {self.task.num_context}; each must "
                f"be at least input_dim = {self.task.input_dim}, or the Hessian has no condition "
                "number."
            )
        if self.histogram_context not in self.contexts:
            raise Refusal(
                f"histogram_context is {self.histogram_context}; choose from contexts, "
                f"{self.contexts}."
            )
        if not self.depths[0].shape.tied:
            raise Refusal("depths[0] has tied False; the first network must share its weights.")
        checks.check_num_seeds("context_seeds", self.context_seeds)
        checks.check_one_output(self.task)
        checks.check_final_batches(self.final_batches)

    @property
    def task(self) -> LinearRegression:
        """What the networks of all depths learn."""
        return self.depths[0].task

    def with_context(self, num_context: int) -> Depth:
        """The first depth with as many examples; itself for those that it has."""
        first = self.depths[0]
        task = dataclasses.replace(self.task, num_context=num_context)
        if task == self.task:
            return first
        network = with_task(first.network, task)
        network = dataclasses.replace(network, schedule=self.context_schedule)
        return Depth(network, self.context_seeds, self.context_tuning)


def _tied(depth: int, schedule: Schedule, token_clip: float | None = None) -> Training:
    return regression_layers(
        schedule,
        weightings=("linear",) * depth,
        tied=True,
        token_clip=token_clip,
        kept=every_evaluation(schedule),
    )


def _untied(depth: int, schedule: Schedule, kept: Kept | None = None) -> Training:
    return regression_layers(
        schedule,
        weightings=("linear",) * depth,
        token_clip=10.0,
        kept=kept or every_evaluation(schedule),
    )


def _fast(num_steps: int, batch_size: int = 256, every: int = 100) -> Schedule:
    return Schedule(num_steps, batch_size, adam(2e-3), every, 1000)


PAPER = Config(
    depths=(
        Depth(_tied(2, Schedule(5000, 2048, adam(1e-3))), 5, tuning(1000)),
        Depth(
            _untied(
                5,
                Schedule(50_000, 2048, adam(5e-4), 500),
                kept=Kept((500, 1000, *range(1500, 50_000, 1500))),
            ),
            1,
            tuning(10_000),
        ),
        Depth(_tied(10, Schedule(15_000, 2048, adam(5e-4), 500), 10.0), 1, tuning(1000)),
    ),
    contexts=(10, 25, 50, 100),
    context_schedule=Schedule(5000, 512, adam(1e-3), 500, 2000),
    context_seeds=2,
    context_tuning=tuning(1000),
    input_scales=tuple(np.round(np.arange(0.5, 2.03, 0.1), 3).tolist()),
    target_scales=tuple(np.round(np.arange(0.5, 5.1, 0.5), 3).tolist()),
)
LAPTOP = dataclasses.replace(
    PAPER,
    depths=(
        Depth(_tied(2, _fast(1200)), 1, tuning(200, 256, 3e-2)),
        Depth(_untied(5, _fast(800)), 1, tuning(500, 256, 3e-2)),
    ),
    contexts=(10,),
    histogram_context=10,
    context_schedule=_fast(300),
    context_seeds=1,
    context_tuning=tuning(200, 256, 3e-2),
    spectrum_tasks=2000,
    final_batches=5,
    batch_size=2000,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    depths=(
        Depth(_tied(2, _fast(100, 64, 50)), 2, tuning(100, 64, 3e-2)),
        Depth(_untied(5, _fast(50, 64, 50)), 1, tuning(100, 64, 3e-2)),
    ),
    contexts=(10, 13),
    context_schedule=_fast(50, 64, 50),
    context_seeds=1,
    context_tuning=tuning(100, 64, 3e-2),
    histogram_context=13,
    input_scales=(0.5, 1.0, 2.0),
    target_scales=(1.0, 2.0),
    spectrum_tasks=200,
    final_batches=2,
    batch_size=500,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
