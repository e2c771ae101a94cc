"""Settings of the figures about deep linear attention."""

import dataclasses

from incontext.experiments import checks
from incontext.models.sequence import SequenceConfig
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Stack:
    """A network and how it is trained."""

    network: SequenceConfig
    training: TrainingConfig

    @property
    def num_layers(self) -> int:
        """Depth of the network."""
        return self.network.num_layers


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    stacks: networks of increasing depth (Figure 4D); the last one is probed (4E, 4F).
    interpolated: the network of Figure 4B, whose weights are compressed at step
    compressed_at and averaged with those of every other step.
    compressed: how a stack of scaled identities alone is trained, as deep as that one.
    test_size, probe_size: sequences for the losses by position and for the probes.
    """

    task: LinearDynamics
    stacks: tuple[Stack, ...]
    interpolated: Stack
    compressed_at: int
    compressed: TrainingConfig
    test_size: int = 2560
    probe_size: int = 512

    def __post_init__(self) -> None:
        """Refuse a step without weights, and test sequences that are not whole batches."""
        checks.check_evaluated("compressed_at", self.compressed_at, self.interpolated.training)
        checks.check_batches_of("test_size", self.test_size)

    @property
    def deepest(self) -> Stack:
        """The stack that is probed."""
        return self.stacks[-1]


def _stack(num_layers: int, training: TrainingConfig, key_size: int = 20) -> Stack:
    network = SequenceConfig(kinds=("linear",) * num_layers, key_size=key_size)
    return Stack(network, training)


def _training(
    num_steps: int,
    batch_size: int,
    learning_rate: float,
    *,
    every: int = 250,
    evaluation_size: int = 2560,
    weight_decay: float = 0.1,
) -> TrainingConfig:
    optimizer = AdamConfig(learning_rate, b2=0.999, weight_decay=weight_decay, clip_value=1.0)
    return TrainingConfig(num_steps, batch_size, optimizer, every, evaluation_size)


PAPER = Config(
    task=LinearDynamics(),
    stacks=tuple(
        _stack(depth, _training(steps, 256, 1e-4))
        for depth, steps in ((2, 5000), (4, 10_000), (6, 15_000))
    ),
    interpolated=_stack(6, _training(4500, 512, 1e-4, every=100), key_size=40),
    compressed_at=3000,
    compressed=_training(4500, 256, 1e-3, weight_decay=0.0),
)
_LAPTOP = tuple(
    _stack(depth, _training(steps, 64, 1e-3, every=50, evaluation_size=256))
    for depth, steps in ((2, 250), (4, 300))
)
LAPTOP = dataclasses.replace(
    PAPER,
    stacks=_LAPTOP,
    interpolated=_LAPTOP[-1],
    compressed_at=300,
    compressed=_training(150, 64, 3e-3, every=50, evaluation_size=256, weight_decay=0.0),
    test_size=512,
    probe_size=512,
)
_SMOKE = tuple(
    _stack(depth, _training(20, 8, 3e-3, every=10, evaluation_size=32)) for depth in (1, 2)
)
SMOKE = dataclasses.replace(
    PAPER,
    task=LinearDynamics(length=17),
    stacks=_SMOKE,
    interpolated=_SMOKE[-1],
    compressed_at=20,
    compressed=_training(20, 8, 3e-3, every=10, evaluation_size=32, weight_decay=0.0),
    test_size=32,
    probe_size=128,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
