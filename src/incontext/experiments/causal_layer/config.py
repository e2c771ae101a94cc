"""Settings of the figures about one causal layer."""

import dataclasses

from incontext.experiments import checks
from incontext.models.sequence import SequenceConfig
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    training: of the layer in Figures 3B and 4C.
    interpolation: of the layer in Figure 4A, whose weights are compressed at step
    compressed_at and averaged with those of every other step.
    test_size: sequences on which losses by position are taken.
    """

    task: LinearDynamics
    network: SequenceConfig
    training: TrainingConfig
    interpolation: TrainingConfig
    compressed_at: int
    test_size: int = 2560

    def __post_init__(self) -> None:
        """Refuse a step without weights, and test sequences that are not whole batches."""
        checks.check_evaluated("compressed_at", self.compressed_at, self.interpolation)
        checks.check_batches_of("test_size", self.test_size)


def _adam(learning_rate: float, weight_decay: float) -> AdamConfig:
    return AdamConfig(learning_rate, b2=0.999, weight_decay=weight_decay, clip_value=1.0)


PAPER = Config(
    task=LinearDynamics(),
    network=SequenceConfig(num_heads=2),
    training=TrainingConfig(5000, 256, _adam(1e-4, 0.1), 100, 2560),
    interpolation=TrainingConfig(3500, 256, _adam(2e-4, 0.05), 100, 2560),
    compressed_at=2500,
)
_QUICK = TrainingConfig(600, 64, _adam(1e-3, 0.05), 25, 512)
LAPTOP = dataclasses.replace(
    PAPER, training=_QUICK, interpolation=_QUICK, compressed_at=600, test_size=512
)
_TINY = TrainingConfig(60, 16, _adam(3e-3, 0.05), 20, 32)
SMOKE = dataclasses.replace(
    PAPER,
    training=_TINY,
    interpolation=_TINY,
    compressed_at=60,
    test_size=32,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
