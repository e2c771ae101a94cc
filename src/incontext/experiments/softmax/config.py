"""Settings of the softmax figures."""

import dataclasses

import numpy as np

from incontext.experiments import checks, expected
from incontext.experiments.stages import Stage
from incontext.tasks.regression import LinearRegression
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    one_head, two_heads: softmax layers of Figures 11 and 12.
    normalised, two_normalised: one and two linear layers with LayerNorm, Figure 14.
    linear_one_head, linear_two_heads: Figure 15.
    tuning: training of GD++'s step size and curvature.
    input_scales, target_scales: axes of Figures 12 and 14.
    final_batches: batches of batch_size tasks for the final losses.
    """

    task: LinearRegression
    one_head: Stage
    two_heads: Stage
    normalised: Stage
    two_normalised: Stage
    linear_one_head: Stage
    linear_two_heads: Stage
    tuning: TrainingConfig
    input_scales: tuple[float, ...]
    target_scales: tuple[float, ...]
    final_batches: int = 10
    batch_size: int = 10_000

    def __post_init__(self) -> None:
        """Refuse tasks without a closed form, and what the tables cannot read."""
        expected.one_step(self.task)
        checks.check_one_output(self.task)
        checks.check_final_batches(self.final_batches)


def _stage(num_steps: int, num_seeds: int, evaluate_every: int = 100) -> Stage:
    adam = AdamConfig(1e-3, clip_norm=10.0)
    return Stage(TrainingConfig(num_steps, 2048, adam, evaluate_every), num_seeds)


def _fast(num_steps: int, num_seeds: int, rate: float = 3e-3, every: int = 50) -> Stage:
    adam = AdamConfig(rate, clip_norm=10.0)
    return Stage(TrainingConfig(num_steps, 256, adam, every, 1000), num_seeds)


PAPER = Config(
    task=LinearRegression(),
    one_head=_stage(5000, 20),
    two_heads=_stage(10_000, 5),
    normalised=_stage(15_000, 2, 250),
    two_normalised=_stage(15_000, 1, 250),
    linear_one_head=_stage(5000, 10),
    linear_two_heads=_stage(1000, 10),
    tuning=TrainingConfig(1000, 512, AdamConfig(1e-2, b2=0.999, decay_steps=1000)),
    input_scales=tuple(np.round(np.arange(0.5, 2.03, 0.1), 3).tolist()),
    target_scales=tuple(np.round(np.arange(0.5, 5.1, 0.5), 3).tolist()),
)
LAPTOP = dataclasses.replace(
    PAPER,
    one_head=_fast(1000, 3),
    two_heads=_fast(900, 3),
    normalised=_fast(400, 1),
    two_normalised=_fast(400, 1),
    linear_one_head=_fast(800, 3),
    linear_two_heads=_fast(400, 3),
    tuning=TrainingConfig(200, 256, AdamConfig(3e-2, decay_steps=200), 100, 1000),
    final_batches=4,
    batch_size=2000,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    one_head=_fast(100, 2),
    two_heads=_fast(100, 2),
    normalised=_fast(50, 1),
    two_normalised=_fast(50, 1),
    linear_one_head=_fast(100, 2),
    linear_two_heads=_fast(100, 2),
    tuning=TrainingConfig(50, 64, AdamConfig(3e-2, decay_steps=50), 50, 500),
    input_scales=(0.5, 1.0, 1.5),
    target_scales=(1.0, 2.0),
    final_batches=2,
    batch_size=500,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
