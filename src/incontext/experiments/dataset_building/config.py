"""Settings of the figures about networks that read raw states."""

import dataclasses
from typing import Literal

from incontext.experiments import checks
from incontext.models.initialization import Gaussian
from incontext.models.sequence import Kind, SequenceConfig
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig

Name = Literal["softmax", "hybrid", "full mesa"]


@dataclasses.dataclass(frozen=True)
class Reader:
    """A network that reads raw states, and how it is trained for each figure.

    prediction: for the loss by position (Figure 7A).
    probe: for token probes and attention maps (Figures 2A and 3A).
    sensitivity: for the sensitivity during training (Figure 16).
    Equal trainings are run once, and one that another begins with is a part of that.

    Raises:
        ValueError: if the network reads constructed tokens, or its first layer no positions.
    """

    name: Name
    network: SequenceConfig
    prediction: TrainingConfig
    probe: TrainingConfig
    sensitivity: TrainingConfig

    def __post_init__(self) -> None:
        if not self.network.embedded or self.network.position_dim is None:
            raise ValueError(
                f"{self.name}: embedded is {self.network.embedded} and position_dim "
                f"{self.network.position_dim}; raw states need an embedding and positions."
            )

    @property
    def trainings(self) -> tuple[TrainingConfig, TrainingConfig, TrainingConfig]:
        """For prediction, probe and sensitivity."""
        return self.prediction, self.probe, self.sensitivity

    def whole(self, training: TrainingConfig) -> TrainingConfig:
        """The longest training of this reader that begins with the given one."""
        longer = [one for one in self.trainings if begins_with(one, training)]
        return max(longer, key=lambda one: one.num_steps)


def begins_with(longer: TrainingConfig, shorter: TrainingConfig) -> bool:
    """Whether the first steps of one training, and its evaluations, are the other training.

    Every training counts as a beginning of itself.
    """
    return (
        shorter.num_steps <= longer.num_steps
        and dataclasses.replace(shorter, num_steps=longer.num_steps) == longer
    )


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    window: how many of the last states are looked for in the last token.
    test_size: sequences that losses by position are measured on; the first map_size of them
    are for attention maps and the first probe_size for probes: half of these fit, half score.
    sensitivity_size: sequences for the sensitivities during training.

    Raises:
        ValueError: if the window does not fit into a sequence, or there are too few sequences.
    """

    task: LinearDynamics
    readers: tuple[Reader, ...]
    window: int = 8
    test_size: int = 2560
    probe_size: int = 512
    map_size: int = 2048
    sensitivity_size: int = 64

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        if not 4 <= self.window < self.task.length:
            raise ValueError(
                f"window is {self.window}; it must be at least 4 and below the length "
                f"{self.task.length}."
            )
        if max(self.map_size, self.probe_size) > self.test_size:
            raise ValueError(
                f"map_size is {self.map_size} and probe_size {self.probe_size}; both are parts of "
                f"test_size = {self.test_size}."
            )


@dataclasses.dataclass(frozen=True)
class Scale:
    """Widths that all networks of a preset share."""

    state_dim: int
    token_dim: int
    num_heads: int
    key_size: int

    def network(self, kinds: tuple[Kind, ...], token_clip: float | None) -> SequenceConfig:
        """A network on raw states whose position is as wide as a token."""
        return SequenceConfig(
            token_dim=self.token_dim,
            output_dim=self.state_dim,
            kinds=kinds,
            num_heads=self.num_heads,
            key_size=self.key_size,
            embedded=True,
            position_dim=self.token_dim,
            token_clip=token_clip,
            initialization=Gaussian(0.05),
        )


def _published(learning_rate: float, num_steps: int, *, every: int = 500) -> TrainingConfig:
    optimizer = AdamConfig(
        learning_rate,
        b2=0.999,
        weight_decay=0.05,
        clip_value=1.0,
        warmup_steps=1000,
        decay_steps=30_000,
        final_learning_rate=1e-5,
    )
    return TrainingConfig(num_steps, 256, optimizer, every, 2560)


_WIDE = Scale(state_dim=10, token_dim=40, num_heads=4, key_size=20)
PAPER = Config(
    task=LinearDynamics(),
    readers=(
        Reader(
            "softmax",
            _WIDE.network(("softmax",) * 7, None),
            prediction=_published(8e-4, 10_000),
            probe=_published(8e-4, 20_000),
            sensitivity=_published(7e-4, 3000, every=100),
        ),
        Reader(
            "hybrid",
            _WIDE.network(("softmax", "mesa"), 1.0),
            prediction=_published(3e-4, 20_000),
            probe=_published(8e-4, 12_000),
            sensitivity=_published(7e-4, 3000, every=100),
        ),
        Reader(
            "full mesa",
            _WIDE.network(("mesa", "mesa"), 1.0),
            prediction=_published(3e-4, 3500, every=100),
            probe=_published(3e-4, 3500, every=100),
            sensitivity=_published(3e-4, 3000, every=100),
        ),
    ),
)


def _once(
    name: Name, network: SequenceConfig, num_steps: int, learning_rate: float, batch_size: int = 64
) -> Reader:
    """One short training with a constant rate that serves all figures."""
    evaluation_size = 8 * batch_size
    optimizer = AdamConfig(learning_rate, b2=0.999, weight_decay=0.05, clip_value=1.0)
    training = TrainingConfig(num_steps, batch_size, optimizer, num_steps // 20, evaluation_size)
    return Reader(name, network, training, training, training)


_NARROW = Scale(state_dim=4, token_dim=16, num_heads=2, key_size=8)
LAPTOP = Config(
    task=LinearDynamics(state_dim=4, length=20),
    readers=(
        _once("softmax", _NARROW.network(("softmax", "softmax"), None), 800, 1e-2),
        _once("hybrid", _NARROW.network(("softmax", "mesa"), 1.0), 500, 1e-2),
        _once("full mesa", _NARROW.network(("mesa", "mesa"), 1.0), 300, 1e-2),
    ),
    test_size=1024,
    probe_size=1024,
    map_size=512,
)
_TINY = Scale(state_dim=3, token_dim=7, num_heads=2, key_size=5)
SMOKE = Config(
    task=LinearDynamics(state_dim=3, length=11),
    readers=(
        _once("softmax", _TINY.network(("softmax", "softmax"), None), 20, 5e-3, 8),
        _once("hybrid", _TINY.network(("softmax", "mesa"), 1.0), 20, 5e-3, 8),
        _once("full mesa", _TINY.network(("mesa", "mesa"), 1.0), 20, 5e-3, 8),
    ),
    test_size=64,
    probe_size=64,
    map_size=16,
    sensitivity_size=8,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
