"""Settings of the figure about noisy labels."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks, expected
from incontext.experiments.gdpp_depth.config import PRESETS as DEPTHS
from incontext.experiments.gdpp_depth.config import Depth
from incontext.experiments.single_layer.config import PRESETS as LAYERS
from incontext.networks.training import Training
from incontext.tasks.regression import LinearRegression


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group; its networks are those of two other groups.

    layer, depth: networks of clean tasks, one layer, and several with their algorithms.
    noisy_targets: how many labels of the context are replaced by noise, ascending.
    evaluation_size, final_batches: fresh tasks of a batch, and how many batches.

    Raises:
        Refusal: if tasks differ or have no closed form, more labels are noisy than there are, or
            no standard error can be taken.
    """

    layer: Training
    depth: Depth
    noisy_targets: tuple[int, ...] = (0, 2, 4, 6, 8)
    evaluation_size: int = 10_000
    final_batches: int = 10

    def __post_init__(self) -> None:
        checks.check_linear_layers(self.layer)
        checks.check_one_task([self.layer, self.depth.network])
        checks.check_final_batches(self.final_batches)
        expected.one_step(self.task)
        most = self.task.num_context
        if sorted(set(self.noisy_targets)) != list(self.noisy_targets) or not self.noisy_targets:
            raise Refusal(f"noisy_targets is {self.noisy_targets}; give ascending numbers.")
        if self.noisy_targets[0] < 0 or self.noisy_targets[-1] > most:
            raise Refusal(f"noisy_targets is {self.noisy_targets}; give numbers from 0 to {most}.")

    @property
    def task(self) -> LinearRegression:
        """What the networks have learned."""
        assert isinstance(self.layer.task, LinearRegression)
        return self.layer.task


PAPER, LAPTOP, SMOKE = (
    Config(LAYERS[name].layer, DEPTHS[name].depths[0]) for name in ("paper", "laptop", "smoke")
)
LAPTOP = dataclasses.replace(LAPTOP, evaluation_size=2000, final_batches=5)
SMOKE = dataclasses.replace(SMOKE, noisy_targets=(0, 3), evaluation_size=101, final_batches=2)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
