"""Settings of the copying figure."""

import dataclasses

from incontext.experiments import checks, expected
from incontext.models.attention import Weighting
from incontext.models.initialization import FanIn, Initialization
from incontext.models.transformer import TransformerConfig
from incontext.tasks.regression import LinearRegression
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure.

    position_dim: channels of the sinusoidal position beside every token.
    linear_seeds: how many of the seeds also train the network with a linear first
    layer, for training.num_steps steps as well.
    sensitivity_tasks: prompts that derivatives are averaged over.
    final_batches: batches of fresh tasks for the final losses.
    """

    task: LinearRegression
    position_dim: int
    training: TrainingConfig
    initialization: Initialization = dataclasses.field(default_factory=lambda: FanIn(0.01))
    linear_seeds: int = 1
    sensitivity_tasks: int = 1000
    final_batches: int = 20

    def __post_init__(self) -> None:
        expected.one_step(self.task)
        checks.check_final_batches(self.final_batches)
        for name in ("position_dim", "linear_seeds", "sensitivity_tasks"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1.")

    def model(self, first: Weighting = "softmax") -> TransformerConfig:
        """Two layers, the second one linear."""
        width = self.task.input_dim + self.position_dim
        return TransformerConfig(
            token_dim=width,
            weightings=(first, "linear"),
            key_size=width,
            initialization=self.initialization,
        )


PAPER = Config(
    task=LinearRegression(),
    position_dim=20,  # as in the text; with 10, as in the authors' notebook, fewer seeds copy
    training=TrainingConfig(40_000, 2048, AdamConfig(1e-3, clip_norm=10.0), 500),
)
LAPTOP = Config(
    task=LinearRegression(num_context=5, input_dim=3),
    position_dim=6,
    training=TrainingConfig(5000, 512, AdamConfig(3e-3, clip_norm=10.0), 100, 5000),
    sensitivity_tasks=200,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    training=TrainingConfig(100, 32, AdamConfig(5e-3, clip_norm=10.0), 50, 100),
    sensitivity_tasks=20,
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
