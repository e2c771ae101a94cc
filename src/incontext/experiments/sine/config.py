"""Settings of the sine figures."""

import dataclasses

from incontext.models.embedding import EmbeddingConfig
from incontext.models.initialization import FanIn
from incontext.tasks.sine import Coupling, SineRegression
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    training: of the Transformer; the meta-learned control shares its batches and
    length, and has its own optimiser and the fixed step size eta / N.
    couplings: families of sines, each trained on its own.
    num_fits: prompts whose fitted functions are kept.  grid_size: inputs they and the
    kernels are drawn at.  final_batches: batches of fresh tasks for the final losses.
    """

    task: SineRegression
    embedding: EmbeddingConfig
    training: TrainingConfig
    control_optimizer: AdamConfig
    step_size: float = 0.01
    couplings: tuple[Coupling, ...] = ("published", "independent")
    num_fits: int = 3
    grid_size: int = 61
    final_batches: int = 20

    def __post_init__(self) -> None:
        if not self.step_size > 0:
            raise ValueError(f"step_size is {self.step_size}; it must be positive.")
        if not self.couplings:
            raise ValueError("couplings is empty; name a family such as 'published'.")


PAPER = Config(
    task=SineRegression(),
    embedding=EmbeddingConfig(),
    training=TrainingConfig(50_000, 2048, AdamConfig(1e-3, clip_norm=100.0), 500),
    control_optimizer=AdamConfig(3e-4, b2=0.999, clip_norm=100.0),
)
LAPTOP = dataclasses.replace(
    PAPER,
    embedding=EmbeddingConfig(width=20, initialization=FanIn(0.02)),
    training=TrainingConfig(2000, 128, AdamConfig(4e-3, clip_norm=100.0), 100, 1000),
    control_optimizer=AdamConfig(4e-3, b2=0.999, clip_norm=100.0),
    final_batches=10,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    training=TrainingConfig(100, 32, AdamConfig(3e-3, clip_norm=100.0), 50, 100),
    grid_size=11,
    num_fits=1,
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
