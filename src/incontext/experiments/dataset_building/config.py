"""Settings of the figures about networks that read raw states."""

import dataclasses
from typing import Literal

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.experiments.stacks import SCHEDULED, RawScale, adam
from incontext.models.sequence import SequenceConfig
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import Kept, Schedule

Name = Literal["softmax", "hybrid", "full mesa", "linear, mesa"]
FIRST_LAYER = ("embedding", "layer_0")  # modules that sensitivities need
_NAMES: dict[Name, str] = {  # of trainings that serve all figures
    "softmax": "raw-softmax",
    "hybrid": "raw-hybrid",
    "full mesa": "raw-mesa-2",
    "linear, mesa": "raw-linear-mesa",
}


@dataclasses.dataclass(frozen=True)
class Beginning:
    """A training up to a step at which it keeps its weights; all of it without one."""

    training: Training
    num_steps: int | None = None


@dataclasses.dataclass(frozen=True)
class Reader:
    """A network that reads raw states, as it is trained for each figure.

    prediction: for the loss by position (Figure 7A).
    probe: for token probes and attention maps (Figures 2A and 3A).
    sensitivity: for the sensitivity during training (Figure 16).

    Raises:
        Refusal: if they are different networks, the network reads constructed tokens, its first
            layer sees no positions, or a beginning ends where no weights are kept.
    """

    name: Name
    prediction: Beginning
    probe: Beginning
    sensitivity: Beginning

    def __post_init__(self) -> None:
        network = self.network
        if network.embedding_dim is None or network.position_dim is None:
            raise Refusal(
                f"{self.name}: embedding_dim is {network.embedding_dim} and position_dim "
                f"{network.position_dim}; raw states need an embedding and positions."
            )
        if any(one.training.network != network for one in self.parts.values()):
            raise Refusal(f"{self.name}: its trainings are of different networks; give all one.")
        for purpose, one in self.parts.items():
            if one.num_steps is not None:
                whole = purpose != "sensitivity"
                checks.check_kept("num_steps", one.num_steps, one.training, whole=whole)

    @property
    def network(self) -> SequenceConfig:
        """The network, the same for every figure."""
        assert isinstance(self.prediction.training.network, SequenceConfig)
        return self.prediction.training.network

    @property
    def parts(self) -> dict[str, Beginning]:
        """What is trained, by what for."""
        return {
            "prediction": self.prediction,
            "probe": self.probe,
            "sensitivity": self.sensitivity,
        }


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    window: how many of the last states are looked for in the last token.
    test_size: sequences that losses by position are measured on; the first map_size of them
    are for attention maps and the first probe_size for probes: half of these fit, half score.
    sensitivity_size: sequences for the sensitivities during training.

    Raises:
        Refusal: if the tasks differ, the window does not fit into a sequence, or there are too
            few sequences.
    """

    readers: tuple[Reader, ...]
    window: int = 8
    test_size: int = 10_240  # four times the published size: single sequences weigh much
    probe_size: int = 512
    map_size: int = 2048
    sensitivity_size: int = 64

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        checks.check_one_task(
            [one.training for reader in self.readers for one in reader.parts.values()]
        )
        if not 4 <= self.window < self.task.length:
            raise Refusal(
                f"window is {self.window}; it must be at least 4 and below the length "
                f"{self.task.length}."
            )
        if max(self.map_size, self.probe_size) > self.test_size:
            raise Refusal(
                f"map_size is {self.map_size} and probe_size {self.probe_size}; both are parts of "
                f"test_size = {self.test_size}."
            )

    @property
    def task(self) -> LinearDynamics:
        """The dynamics that all of them learn."""
        task = self.readers[0].prediction.training.task
        assert isinstance(task, LinearDynamics)
        return task


def _once(
    scale: RawScale[LinearDynamics],
    name: Name,
    kinds: tuple[str, ...],
    token_clip: float | None,
    schedule: Schedule,
) -> Reader:
    """A reader whose one training serves all figures."""
    kept = every_evaluation(schedule, *FIRST_LAYER)
    whole = Beginning(scale.training(_NAMES[name], kinds, token_clip, schedule, kept))
    return Reader(name, whole, whole, whole)


def _published(learning_rate: float, num_steps: int, *, every: int = 500) -> Schedule:
    optimizer = dataclasses.replace(SCHEDULED, learning_rate=learning_rate)
    return Schedule(num_steps, 256, optimizer, every, 2560)


_WIDE = RawScale(LinearDynamics(), width=40, num_heads=4, key_size=20)


def _softmax() -> Reader:
    """Seven layers of softmax; the shorter training is the beginning of the longer one."""
    kinds = ("softmax",) * 7
    long, short = _published(8e-4, 20_000), _published(7e-4, 3000, every=100)
    whole = _WIDE.training("raw-softmax-7", kinds, None, long, Kept((10_000,)))
    followed = _WIDE.training(
        "raw-softmax-7-followed", kinds, None, short, every_evaluation(short, *FIRST_LAYER)
    )
    return Reader("softmax", Beginning(whole, 10_000), Beginning(whole), Beginning(followed))


def _hybrid() -> Reader:
    """Softmax, then mesa; a training of its own for every figure."""
    kinds = ("softmax", "mesa")
    short = _published(7e-4, 3000, every=100)
    return Reader(
        "hybrid",
        Beginning(_WIDE.training("raw-hybrid", kinds, 1.0, _published(3e-4, 20_000))),
        Beginning(_WIDE.training("raw-hybrid-probed", kinds, 1.0, _published(8e-4, 12_000))),
        Beginning(
            _WIDE.training(
                "raw-hybrid-followed", kinds, 1.0, short, every_evaluation(short, *FIRST_LAYER)
            )
        ),
    )


def _mesa(name: Name, first: str, token_clip: float | None) -> Reader:
    """A first layer and mesa: one training, of which sensitivities show the beginning."""
    schedule = _published(3e-4, 3500, every=100)
    reader = _once(_WIDE, name, (first, "mesa"), token_clip, schedule)
    return dataclasses.replace(reader, sensitivity=Beginning(reader.probe.training, 3000))


PAPER = Config(
    readers=(
        _softmax(),
        _hybrid(),
        _mesa("full mesa", "mesa", 1.0),
        _mesa("linear, mesa", "linear", None),  # what Figures 16 and 17 call full mesa
    ),
)


def _short(num_steps: int, learning_rate: float, batch_size: int) -> Schedule:
    """A short training with a constant rate."""
    optimizer = adam(learning_rate, 0.05)
    return Schedule(num_steps, batch_size, optimizer, num_steps // 20, 8 * batch_size)


_NARROW = RawScale(LinearDynamics(state_dim=4, length=20), width=16, num_heads=2, key_size=8)
LAPTOP = Config(
    readers=(
        _once(_NARROW, "softmax", ("softmax", "softmax"), None, _short(800, 1e-2, 64)),
        _once(_NARROW, "hybrid", ("softmax", "mesa"), 1.0, _short(500, 1e-2, 64)),
        _once(_NARROW, "full mesa", ("mesa", "mesa"), 1.0, _short(300, 1e-2, 64)),
        _once(_NARROW, "linear, mesa", ("linear", "mesa"), None, _short(300, 1e-2, 64)),
    ),
    test_size=1024,
    probe_size=1024,
    map_size=512,
)
_TINY = RawScale(LinearDynamics(state_dim=3, length=13), width=7, num_heads=2, key_size=5)
_QUICK = _short(20, 5e-3, 8)
SMOKE = Config(
    readers=(
        _once(_TINY, "softmax", ("softmax", "softmax"), None, _QUICK),
        _once(_TINY, "hybrid", ("softmax", "mesa"), 1.0, _QUICK),
        _once(_TINY, "full mesa", ("mesa", "mesa"), 1.0, _QUICK),
        _once(_TINY, "linear, mesa", ("linear", "mesa"), None, _QUICK),
    ),
    test_size=64,
    probe_size=64,
    map_size=16,
    sensitivity_size=8,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
