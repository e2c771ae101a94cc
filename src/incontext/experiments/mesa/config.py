"""Settings of the figures about the mesa layer."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.experiments.stacks import NUM_STEPS, adam, published_stack, stack
from incontext.models.sequence import SequenceConfig
from incontext.networks.training import Training, log_spaced
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import Schedule


def title(training: Training) -> str:
    """What tables call a network, such as "mesa layer" and "2 linear layers"."""
    network = training.network
    assert isinstance(network, SequenceConfig)
    kind, depth = network.kinds[0], network.num_layers
    return "mesa layer" if kind == "mesa" else f"{depth} {kind} layer{'s' if depth > 1 else ''}"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    layer: the one layer, a mesa layer in the presets.
    stacks: what it is compared with, on the same tokens.
    ridges: candidates among which the best ridge of least squares is chosen.
    test_size: sequences for losses by position.
    longer, longer_size: length of sequences beyond that of training, and how many.

    Raises:
        ValueError: if there is no stack or no ridge, a ridge is negative, or the longer
            sequences are not longer.
    """

    layer: Training
    stacks: tuple[Training, ...]
    ridges: tuple[float, ...] = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
    test_size: int = 10_240  # four times the published size: single sequences weigh much
    longer: int = 200
    longer_size: int = 512

    @property
    def task(self) -> LinearDynamics:
        """The dynamics that all of them learn."""
        assert isinstance(self.layer.task, LinearDynamics)
        return self.layer.task

    @property
    def entrants(self) -> tuple[Training, ...]:
        """Everything that is trained, the one layer first."""
        return (self.layer, *self.stacks)

    @property
    def longer_task(self) -> LinearDynamics:
        """The same dynamics for longer than training lasted."""
        return dataclasses.replace(self.task, length=self.longer)

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        checks.check_batches_of("longer_size", self.longer_size)
        if not self.stacks or not self.ridges:
            raise ValueError(
                f"there are {len(self.stacks)} stacks and {len(self.ridges)} ridges; give at "
                "least one of each."
            )
        if min(self.ridges) < 0:
            raise ValueError(f"ridges holds {min(self.ridges)}; all must be zero or positive.")
        if any(one.task != self.task for one in self.stacks):
            raise Refusal("stacks hold another task than the one layer; give all the same.")
        if self.longer <= self.task.length:
            raise ValueError(
                f"longer is {self.longer}; it must exceed the {self.task.length} of training."
            )


def _mesa(schedule: Schedule, task: LinearDynamics | None = None) -> Training:
    return stack("mesa", 1, schedule, task=task, kept=log_spaced(schedule, 20))


PAPER = Config(
    layer=_mesa(Schedule(5000, 256, adam(4e-4), 100, 2560)),
    stacks=(
        *(published_stack("linear", depth) for depth in NUM_STEPS),
        *(published_stack("softmax", depth) for depth in NUM_STEPS),
    ),
)
_QUICK = Schedule(200, 32, adam(2e-3), 25, 256)
LAPTOP = dataclasses.replace(
    PAPER,
    layer=_mesa(Schedule(200, 32, adam(5e-3), 25, 256)),
    stacks=(stack("linear", 2, _QUICK), stack("softmax", 2, _QUICK)),
    test_size=512,
    longer_size=256,
)
_TINY, _SHORT = Schedule(20, 8, adam(3e-3), 10, 16), LinearDynamics(length=17)
SMOKE = dataclasses.replace(
    PAPER,
    layer=_mesa(_TINY, _SHORT),
    stacks=(stack("linear", 2, _TINY, task=_SHORT), stack("softmax", 1, _TINY, task=_SHORT)),
    ridges=(0.0, 0.1),
    test_size=16,
    longer=23,
    longer_size=8,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
