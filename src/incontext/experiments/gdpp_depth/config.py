"""Settings of the depth figures."""

import dataclasses

import numpy as np

from incontext.experiments import checks
from incontext.experiments.stages import Stage
from incontext.tasks.regression import LinearRegression
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Depth:
    """A Transformer of some depth, and the algorithms of as many steps.

    tied: all layers share weights, all steps of GD++ their numbers.
    token_clip: bound on tokens after every layer, and on what the algorithms carry.
    tuning: training of GD++'s step sizes and curvatures.
    """

    num_layers: int
    tied: bool
    token_clip: float | None
    stage: Stage
    tuning: TrainingConfig


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    depths: Figures 3a, 3b and 7; the first is tied, and the one whose curvature is studied.
    contexts: numbers of examples N of Figure 13, each with its own trained network.
    context_stage: training of those networks, but for N of `task`, which depths[0] trains.
    histogram_context: N of Figure 13, right.  spectrum_tasks: tasks for spectra.
    input_scales, target_scales: axes of the last column of Figure 3.
    final_batches: batches of batch_size tasks for the final losses.
    """

    task: LinearRegression
    depths: tuple[Depth, ...]
    contexts: tuple[int, ...]
    context_stage: Stage
    context_tuning: TrainingConfig
    input_scales: tuple[float, ...]
    target_scales: tuple[float, ...]
    histogram_context: int = 25
    spectrum_tasks: int = 10_000
    final_batches: int = 10
    batch_size: int = 10_000

    def __post_init__(self) -> None:
        """Refuse contexts that leave the Hessian singular, and what the tables cannot read."""
        smallest = min(*self.contexts, self.task.num_context)
        if smallest < self.task.input_dim:
            raise ValueError(
                f"contexts is {self.contexts} and num_context {self.task.num_context}; each must "
                f"be at least input_dim = {self.task.input_dim}, or the Hessian has no condition "
                "number."
            )
        if self.histogram_context not in self.contexts:
            raise ValueError(
                f"histogram_context is {self.histogram_context}; choose from contexts, "
                f"{self.contexts}."
            )
        if not self.depths[0].tied:
            raise ValueError("depths[0].tied is False; the first network must share its weights.")
        checks.check_one_output(self.task)
        checks.check_final_batches(self.final_batches)


def _tuning(num_steps: int, batch_size: int = 512, rate: float = 1e-2) -> TrainingConfig:
    adam = AdamConfig(rate, b2=0.999, clip_norm=10.0, decay_steps=num_steps)
    return TrainingConfig(num_steps, batch_size, adam)


def _stage(num_steps: int, rate: float, num_seeds: int, every: int) -> Stage:
    return Stage(
        TrainingConfig(num_steps, 2048, AdamConfig(rate, clip_norm=10.0), every), num_seeds
    )


def _fast(num_steps: int, num_seeds: int, batch_size: int = 256, every: int = 100) -> Stage:
    adam = AdamConfig(2e-3, clip_norm=10.0)
    return Stage(TrainingConfig(num_steps, batch_size, adam, every, 1000), num_seeds)


PAPER = Config(
    task=LinearRegression(),
    depths=(
        Depth(2, tied=True, token_clip=None, stage=_stage(5000, 1e-3, 5, 100),
              tuning=_tuning(1000)),
        Depth(5, tied=False, token_clip=10.0, stage=_stage(50_000, 5e-4, 1, 500),
              tuning=_tuning(10_000)),
        Depth(10, tied=True, token_clip=10.0, stage=_stage(15_000, 5e-4, 1, 500),
              tuning=_tuning(1000)),
    ),
    contexts=(10, 25, 50, 100),
    context_stage=Stage(
        TrainingConfig(5000, 512, AdamConfig(1e-3, clip_norm=10.0), 500, 2000), 2
    ),
    context_tuning=_tuning(1000),
    input_scales=tuple(np.round(np.arange(0.5, 2.03, 0.1), 3).tolist()),
    target_scales=tuple(np.round(np.arange(0.5, 5.1, 0.5), 3).tolist()),
)  # fmt: skip
LAPTOP = dataclasses.replace(
    PAPER,
    depths=(
        Depth(2, tied=True, token_clip=None, stage=_fast(1200, 1), tuning=_tuning(200, 256, 3e-2)),
        Depth(5, tied=False, token_clip=10.0, stage=_fast(800, 1),
              tuning=_tuning(500, 256, 3e-2)),
    ),
    contexts=(10,),
    histogram_context=10,
    context_stage=_fast(300, 1),
    context_tuning=_tuning(200, 256, 3e-2),
    spectrum_tasks=2000,
    final_batches=5,
    batch_size=2000,
)  # fmt: skip
SMOKE = dataclasses.replace(
    LAPTOP,
    depths=(
        Depth(2, tied=True, token_clip=None, stage=_fast(100, 2, 64, 50),
              tuning=_tuning(100, 64, 3e-2)),
        Depth(5, tied=False, token_clip=10.0, stage=_fast(50, 1, 64, 50),
              tuning=_tuning(100, 64, 3e-2)),
    ),
    contexts=(10, 13),
    context_stage=_fast(50, 1, 64, 50),
    context_tuning=_tuning(100, 64, 3e-2),
    histogram_context=13,
    input_scales=(0.5, 1.0, 1.5),
    target_scales=(1.0, 2.0),
    spectrum_tasks=200,
    final_batches=2,
    batch_size=500,
)  # fmt: skip
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
