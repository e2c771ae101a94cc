"""Settings of the figures about the mesa layer."""

import dataclasses

from incontext.experiments import checks
from incontext.models.initialization import Gaussian
from incontext.models.sequence import Kind, SequenceConfig
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A network of one kind of attention, and how it is trained."""

    network: SequenceConfig
    training: TrainingConfig

    @property
    def kind(self) -> Kind:
        """Attention of all its layers."""
        return self.network.kinds[0]

    @property
    def depth(self) -> int:
        """Number of layers."""
        return self.network.num_layers

    @property
    def name(self) -> str:
        """What tables call it, such as "mesa layer" and "2 linear layers"."""
        if self.kind == "mesa":
            return "mesa layer"
        return f"{self.depth} {self.kind} layer{'s' if self.depth > 1 else ''}"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    mesa: the one mesa layer.  stacks: what it is compared with, on the same tokens.
    ridges: candidates among which the best ridge of least squares is chosen.
    test_size: sequences for losses by position.
    longer, longer_size: length of sequences beyond that of training, and how many.

    Raises:
        ValueError: if there is no stack or no ridge, a ridge is negative, or the longer
            sequences are not longer.
    """

    task: LinearDynamics
    mesa: Entrant
    stacks: tuple[Entrant, ...]
    ridges: tuple[float, ...] = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
    test_size: int = 2560
    longer: int = 200
    longer_size: int = 512

    @property
    def entrants(self) -> tuple[Entrant, ...]:
        """Everything that is trained, the mesa layer first."""
        return (self.mesa, *self.stacks)

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
        if self.longer <= self.task.length:
            raise ValueError(
                f"longer is {self.longer}; it must exceed the {self.task.length} of training."
            )


def _adam(learning_rate: float, weight_decay: float = 0.1) -> AdamConfig:
    return AdamConfig(learning_rate, b2=0.999, weight_decay=weight_decay, clip_value=1.0)


def _linear(depth: int, training: TrainingConfig) -> Entrant:
    heads = 2 if depth == 1 else 4
    return Entrant(SequenceConfig(kinds=("linear",) * depth, num_heads=heads), training)


def _softmax(depth: int, training: TrainingConfig) -> Entrant:
    """Start and no clipping as the paper's softmax networks on raw tokens."""
    network = SequenceConfig(
        kinds=("softmax",) * depth, token_clip=None, initialization=Gaussian(0.05)
    )
    return Entrant(network, training)


_SCHEDULED = dataclasses.replace(
    _adam(8e-4, 0.05), warmup_steps=1000, decay_steps=30_000, final_learning_rate=1e-5
)
_LENGTHS = ((1, 5000), (2, 5000), (4, 10_000), (6, 15_000))
PAPER = Config(
    task=LinearDynamics(),
    mesa=Entrant(
        SequenceConfig(kinds=("mesa",)), TrainingConfig(5000, 256, _adam(4e-4), 100, 2560)
    ),
    stacks=(
        *(_linear(n, TrainingConfig(steps, 256, _adam(1e-4), 250, 2560)) for n, steps in _LENGTHS),
        *(_softmax(n, TrainingConfig(steps, 256, _SCHEDULED, 250, 2560)) for n, steps in _LENGTHS),
    ),
)
_QUICK = TrainingConfig(200, 32, _adam(2e-3), 25, 256)
LAPTOP = dataclasses.replace(
    PAPER,
    mesa=dataclasses.replace(PAPER.mesa, training=TrainingConfig(200, 32, _adam(5e-3), 25, 256)),
    stacks=(_linear(2, _QUICK), _softmax(2, _QUICK)),
    test_size=512,
    longer_size=256,
)
_TINY = TrainingConfig(20, 8, _adam(3e-3), 10, 16)
SMOKE = dataclasses.replace(
    PAPER,
    task=LinearDynamics(length=17),
    mesa=dataclasses.replace(PAPER.mesa, training=_TINY),
    stacks=(_linear(2, _TINY), _softmax(1, _TINY)),
    ridges=(0.0, 0.1),
    test_size=16,
    longer=23,
    longer_size=8,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
