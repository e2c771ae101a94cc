"""Settings of the single-layer figures."""

import dataclasses

import numpy as np

from incontext.experiments import checks, expected
from incontext.tasks.regression import LinearRegression
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    sizes: values of N = N_x for panel 3, each trained with num_size_seeds seeds.
    input_scales, target_scales, mixture_scales: axes of Figure 6.
    final_batches: batches of training.evaluation_size tasks for the final losses.
    """

    task: LinearRegression
    training: TrainingConfig
    sizes: tuple[int, ...]
    num_size_seeds: int
    input_scales: tuple[float, ...]
    target_scales: tuple[float, ...]
    mixture_scales: tuple[float, ...]
    dampenings: tuple[float, ...] = (1.0, 0.875, 0.75)
    rollout_steps: int = 50
    final_batches: int = 100

    def __post_init__(self) -> None:
        """Refuse tasks without a closed form, and what no standard error can be taken of."""
        expected.one_step(self.task)
        checks.check_final_batches(self.final_batches)


def _axis(start: float, stop: float, step: float) -> tuple[float, ...]:
    return tuple(np.round(np.arange(start, stop, step), 3).tolist())


PAPER = Config(
    task=LinearRegression(),
    training=TrainingConfig(5000, 2048, AdamConfig(1e-3, clip_norm=10.0)),
    sizes=(5, 10, 20, 35, 50),
    num_size_seeds=3,
    input_scales=_axis(0.5, 2.03, 0.03),
    target_scales=_axis(0.5, 5.1, 0.1),
    mixture_scales=_axis(0.5, 5.05, 0.05),
)
LAPTOP = dataclasses.replace(
    PAPER,
    training=TrainingConfig(1000, 512, AdamConfig(1e-3, clip_norm=10.0), 50),
    sizes=(5, 10),
    num_size_seeds=1,
    final_batches=20,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    training=TrainingConfig(200, 64, AdamConfig(1e-2, clip_norm=10.0), 50, 200),
    input_scales=(0.5, 1.0, 1.5),
    target_scales=(1.0, 2.0),
    mixture_scales=(1.0, 2.0),
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
