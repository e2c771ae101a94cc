"""Settings of the figures about one causal layer."""

import dataclasses

from incontext.experiments import checks
from incontext.experiments.stacks import adam, published_stack, stack
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import Schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    layer: that of Figures 3B and 4C.
    interpolated: that of Figure 4A, whose weights are compressed at step compressed_at and
    averaged with those of every other step that is kept.
    test_size: sequences on which losses by position are taken.

    Raises:
        Refusal: if weights at compressed_at are not kept, the tasks differ, or test sequences
            are not whole batches.
    """

    layer: Training
    interpolated: Training
    compressed_at: int
    test_size: int = 10_240  # four times the published size: single sequences weigh much

    def __post_init__(self) -> None:
        checks.check_kept("compressed_at", self.compressed_at, self.interpolated)
        checks.check_batches_of("test_size", self.test_size)
        checks.check_one_task((self.layer, self.interpolated))

    @property
    def task(self) -> LinearDynamics:
        """The dynamics that the layer learns."""
        assert isinstance(self.layer.task, LinearDynamics)
        return self.layer.task


def _followed(schedule: Schedule, name: str = "linear-1") -> Training:
    """A layer whose weights are kept at every evaluation."""
    layer = stack("linear", 1, schedule, kept=every_evaluation(schedule))
    return dataclasses.replace(layer, name=name)


PAPER = Config(
    layer=published_stack("linear", 1),
    interpolated=_followed(Schedule(3500, 256, adam(2e-4, 0.05), 100, 2560), "linear-1-followed"),
    compressed_at=2500,
)
_QUICK = _followed(Schedule(600, 64, adam(1e-3, 0.05), 25, 512))
# With 512 test sequences the best learning rate left its bounds in one of three other draws.
LAPTOP = Config(layer=_QUICK, interpolated=_QUICK, compressed_at=600, test_size=4096)
_TINY = _followed(Schedule(60, 16, adam(3e-3, 0.05), 20, 32))
SMOKE = Config(layer=_TINY, interpolated=_TINY, compressed_at=60, test_size=32)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
