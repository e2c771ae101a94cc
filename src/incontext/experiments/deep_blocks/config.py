"""Settings of the figure about blocks of attention and MLP, one after another."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks, expected, regressions
from incontext.experiments.regressions import adam, tuning
from incontext.models.initialization import FanIn
from incontext.models.transformer import TransformerConfig
from incontext.networks.layouts import Together
from incontext.networks.training import Training
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Kept, Schedule

MLP_WIDTH = 44  # four times a token, as the paper's other MLPs; this one's is not said


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure.

    network: blocks with weights of their own.
    tuning: training of the step sizes and curvatures of GD++ with as many steps.
    batch_size, final_batches: tasks of a batch and batches for losses at the end.

    Raises:
        Refusal: if blocks are tied, the task has no closed form, or no standard error can be
            taken.
    """

    network: Training
    tuning: Schedule
    batch_size: int = 10_000
    final_batches: int = 10

    def __post_init__(self) -> None:
        expected.zero_loss(self.task)
        checks.check_final_batches(self.final_batches)
        if self.shape.tied:
            raise Refusal(f"{self.network.name} is tied; every block must have its own weights.")

    @property
    def task(self) -> LinearRegression:
        """What the network learns."""
        if not isinstance(self.network.task, LinearRegression):
            raise Refusal(f"{self.network.name} must learn a linear regression.")
        return self.network.task

    @property
    def shape(self) -> TransformerConfig:
        """The blocks."""
        assert isinstance(self.network.network, TransformerConfig)
        return self.network.network

    @property
    def gdpp(self) -> Training:
        """Training of GD++ with a step for every block, bounded as tokens are."""
        return regressions.gdpp(
            self.tuning, self.shape.num_layers, tied=False, bound=self.shape.token_clip
        )


def blocks(depth: int, schedule: Schedule, kept: Kept | None = None) -> Training:
    """Linear attention with four heads, then an MLP, without LayerNorm; tokens clipped at 10.

    Source: paper A, Figure 8 and Section A.12.
    """
    network = TransformerConfig(
        ("linear",) * depth,
        num_heads=4,
        token_clip=10.0,
        mlp_width=MLP_WIDTH,
        initialization=FanIn(0.002 / depth),
    )
    return Training(
        f"blocks-{depth}", LinearRegression(), Together(), network, schedule, kept or Kept()
    )


def _every(step: int, num_steps: int) -> Kept:
    return Kept(tuple(range(step, num_steps, step)))


PAPER = Config(
    blocks(12, Schedule(100_000, 2048, adam(5e-4), 1000), _every(5000, 100_000)), tuning(10_000)
)
# Published are batches of 2,048 and 100,000 steps, hours on two cores; blocks and rate stay.
REDUCED = Config(
    blocks(12, Schedule(15_000, 512, adam(5e-4), 500), _every(1000, 15_000)), tuning(10_000)
)
# Four blocks and 800 steps, tried first, ended at the loss of four gradient steps.
LAPTOP = Config(
    blocks(3, Schedule(1500, 256, adam(2e-3), 100, 1000), _every(300, 1500)),
    tuning(300, 256, 3e-2),
    batch_size=2000,
    final_batches=5,
)
SMOKE = Config(
    blocks(2, Schedule(20, 16, adam(2e-3), 10, 101), _every(10, 20)),
    tuning(100, 16, 3e-2),
    batch_size=101,
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "reduced": REDUCED, "paper": PAPER}
