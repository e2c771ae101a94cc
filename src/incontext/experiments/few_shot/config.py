"""Settings of the figures about prompts for a model of sequences."""

import dataclasses
from typing import Literal

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.experiments.stacks import SCHEDULED, RawScale, adam
from incontext.networks.training import Training
from incontext.networks.tuning import Tuning
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.pairs import LinearPairs
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig

Name = Literal["softmax", "hybrid"]


@dataclasses.dataclass(frozen=True)
class Reader:
    """A network that was trained on sequences, and the tokens that were tuned for it.

    Raises:
        Refusal: if the EOS was tuned for another network, or the prefix for another EOS.
    """

    name: Name
    sequences: Training
    eos: Tuning
    prefix: Tuning

    def __post_init__(self) -> None:
        if self.eos.reader != self.sequences or self.prefix.reader != self.eos:
            raise Refusal(
                f"{self.name}: its EOS reads {self.eos.reader.name}, its prefix "
                f"{self.prefix.reader.name}; they must read the network and the EOS of this reader."
            )

    @property
    def parts(self) -> dict[str, Training]:
        """What is trained, by what a prompt then has."""
        return {"pairs": self.sequences, "EOS": self.eos, "EOS and prefix": self.prefix}


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    num_pairs: pairs of a prompt that losses are measured on.
    switch: where the second task begins in prompts with two.
    ridge: of the regressions beside the networks, in units of a squared input.  The published one,
        published_ridge, lets the error rise to many times the plotted one where there are as many
        transitions as dimensions; ours was chosen after that was seen.
    test_size: prompts, the same for all learners.

    Raises:
        Refusal: if the readers are of different widths, or there are too few prompts.
    """

    readers: tuple[Reader, ...]
    num_pairs: int = 60
    switch: int = 20
    ridge: float = 0.3
    published_ridge: float = 0.001
    test_size: int = 1280  # twice the published number

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        checks.check_one_task([one.sequences for one in self.readers])
        for name in ("ridge", "published_ridge"):
            if not getattr(self, name) > 0:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be positive.")
        if not 1 <= self.switch < self.num_pairs:
            raise Refusal(
                f"switch is {self.switch}; it must be at least 1 and below num_pairs = "
                f"{self.num_pairs}."
            )

    @property
    def dim(self) -> int:
        """Width of a state, an input and an output."""
        return self._dynamics.state_dim

    @property
    def task(self) -> LinearPairs:
        """Prompts of one task."""
        return LinearPairs(self.dim, self.num_pairs, self._dynamics.noise)

    @property
    def two_tasks(self) -> LinearPairs:
        """Prompts of two tasks."""
        return dataclasses.replace(self.task, switch=self.switch)

    @property
    def _dynamics(self) -> LinearDynamics:
        task = self.readers[0].sequences.task
        assert isinstance(task, LinearDynamics)
        return task


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scale(RawScale[LinearDynamics]):
    """What all networks of a preset share.

    prefix_length: tokens of the prefix.  eos, prefix: how these are tuned.
    """

    prefix_length: int
    eos: Schedule
    prefix: Schedule

    def reader(
        self, name: Name, kinds: tuple[str, ...], token_clip: float | None, schedule: Schedule
    ) -> Reader:
        """Training on sequences, then the two tunings, on prompts as long as the sequences."""
        sequences = self.training(f"few-shot-{name}", kinds, token_clip, schedule)
        layout, network = sequences.layout, sequences.network
        pairs = LinearPairs(self.task.state_dim, self.task.length // 3, self.task.noise)
        eos = Tuning(
            f"few-shot-{name}-eos", pairs, layout, network, self.eos,
            reader=sequences, reader_seed=0, part="eos",
        )  # fmt: skip
        prefix = Tuning(
            f"few-shot-{name}-prefix", pairs, layout, network, self.prefix,
            reader=eos, reader_seed=0, part="prefix", length=self.prefix_length,
        )  # fmt: skip
        return Reader(name, sequences, eos, prefix)


def _scheduled(learning_rate: float, num_steps: int, batch_size: int, decay: int) -> Schedule:
    optimizer = dataclasses.replace(SCHEDULED, learning_rate=learning_rate, decay_steps=decay)
    return Schedule(num_steps, batch_size, optimizer, 250, 1280)


def _tuned(num_steps: int, batch_size: int, learning_rate: float = 1e-3) -> Schedule:
    """Adam without weight decay, at a constant rate."""
    optimizer = AdamConfig(learning_rate, b2=0.999)
    return Schedule(num_steps, batch_size, optimizer, num_steps // 20, 512)


_WIDE = Scale(
    task=LinearDynamics(length=224), width=40, num_heads=4, key_size=20,
    prefix_length=20, eos=_tuned(5000, 64), prefix=_tuned(5000, 128),
)  # fmt: skip
PAPER = Config(
    readers=(
        _WIDE.reader("softmax", ("softmax",) * 7, None, _scheduled(8e-4, 15_000, 128, 30_000)),
        _WIDE.reader("hybrid", ("softmax", "mesa"), 1.0, _scheduled(3e-4, 15_000, 128, 30_000)),
    ),
)

# Half as long sequences and prompts, a quarter of the batch, a third of the steps (half of them for
# the tunings); networks, rates and n stay.
_HALF = dataclasses.replace(
    _WIDE, task=LinearDynamics(length=112), eos=_tuned(2500, 32), prefix=_tuned(2500, 32)
)
REDUCED = Config(
    readers=(
        _HALF.reader("softmax", ("softmax",) * 7, None, _scheduled(8e-4, 5000, 32, 10_000)),
        _HALF.reader("hybrid", ("softmax", "mesa"), 1.0, _scheduled(3e-4, 5000, 32, 10_000)),
    ),
    num_pairs=36,
)


def _short(num_steps: int, learning_rate: float, batch_size: int) -> Schedule:
    optimizer = adam(learning_rate, 0.05)
    return Schedule(num_steps, batch_size, optimizer, num_steps // 20, 8 * batch_size)


_BRIEF = _tuned(300, 64, 1e-2)
_NARROW = Scale(
    task=LinearDynamics(state_dim=4, length=36), width=16, num_heads=2, key_size=8,
    prefix_length=4, eos=_BRIEF, prefix=_BRIEF,
)  # fmt: skip
LAPTOP = Config(
    readers=(
        _NARROW.reader("softmax", ("softmax",) * 2, None, _short(800, 1e-2, 64)),
        _NARROW.reader("hybrid", ("softmax", "mesa"), 1.0, _short(500, 1e-2, 64)),
    ),
    num_pairs=12,
    switch=6,
    test_size=2560,
)
_FEW = _tuned(20, 8)
_TINY = Scale(
    task=LinearDynamics(state_dim=3, length=17), width=7, num_heads=2, key_size=5,
    prefix_length=2, eos=_FEW, prefix=_FEW,
)  # fmt: skip
SMOKE = Config(
    readers=(
        _TINY.reader("softmax", ("softmax",) * 2, None, _short(20, 5e-3, 8)),
        _TINY.reader("hybrid", ("softmax", "mesa"), 1.0, _short(20, 5e-3, 8)),
    ),
    num_pairs=5,
    switch=2,
    test_size=64,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "reduced": REDUCED, "paper": PAPER}
