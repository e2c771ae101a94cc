"""Settings of the figures about dynamics of which a part is observed."""

import dataclasses
from collections.abc import Sequence

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.experiments.stacks import SCHEDULED, adam, raw_reader
from incontext.models.sequence import SequenceConfig
from incontext.networks.layouts import Raw
from incontext.networks.training import Training
from incontext.tasks.dynamics import LinearDynamics, PartialObservation
from incontext.training.config import Schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    softmax, hybrid: the networks, softmax layers alone, and softmax followed by mesa.
    narrow: hybrids on narrower tokens, narrowest first (Figure 21).
    windows: how many observations the regressions beside them put together.
    ridge: of these regressions, in units of a squared observation.
    looked_for: how many of the last observations are looked for in the last token.
    test_size, probe_size: sequences for the losses by position and for the probes.

    Raises:
        Refusal: if the tasks differ or are fully observed, more observations are looked for than
            there are, test sequences are not whole batches, or widths do not increase up to that
            of the hybrid.
    """

    softmax: Training
    hybrid: Training
    narrow: tuple[Training, ...]
    windows: tuple[int, ...]
    ridge: float = 1e-2
    looked_for: int = 8
    test_size: int = 2560
    probe_size: int = 1024

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        checks.check_one_task((self.softmax, self.hybrid, *self.narrow))
        if not 1 <= self.looked_for <= self.task.hidden.length:
            raise Refusal(
                f"looked_for is {self.looked_for}; sequences have {self.task.hidden.length} "
                "observations."
            )
        if not self.windows or min(self.windows) < 1:
            raise Refusal(f"windows is {self.windows}; give lengths of at least 1.")
        widths = [width_of(one) for one in (*self.narrow, self.hybrid)]
        if widths != sorted(set(widths)):
            raise Refusal(f"tokens have {widths} channels; give widths that increase.")

    @property
    def task(self) -> PartialObservation:
        """The dynamics that both learn."""
        if not isinstance(self.softmax.task, PartialObservation):
            raise Refusal(f"{self.softmax.name} sees all of the state; give a partial observation.")
        return self.softmax.task

    @property
    def entrants(self) -> dict[str, Training]:
        """The networks by the names that tables call them."""
        return {"softmax": self.softmax, "hybrid": self.hybrid}

    @property
    def by_width(self) -> dict[int, Training]:
        """The hybrids by the width of a token, the usual one last."""
        return {width_of(one): one for one in (*self.narrow, self.hybrid)}

    @property
    def needed(self) -> int:
        """Fewest observations that determine the next one, for almost every map: n_h / n, up."""
        return -(-self.task.hidden.state_dim // self.task.observed_dim)


def width_of(training: Training) -> int:
    """Channels of a token."""
    assert isinstance(training.network, SequenceConfig)
    return training.network.embedding_dim or 0


@dataclasses.dataclass(frozen=True)
class Scale:
    """What both networks of a preset share; the position is as wide as a token."""

    task: PartialObservation
    width: int
    num_heads: int
    key_size: int

    def training(
        self, name: str, kinds: tuple[str, ...], token_clip: float | None, schedule: Schedule
    ) -> Training:
        """Training of one network on raw observations."""
        network = raw_reader(
            kinds,
            num_heads=self.num_heads,
            key_size=self.key_size,
            width=self.width,
            token_clip=token_clip,
        )
        return Training(name, self.task, Raw(), network, schedule)

    def pair(self, depth: int, softmax: Schedule, hybrid: Schedule) -> tuple[Training, Training]:
        """Softmax alone, and softmax with mesa."""
        return (
            self.training("partial-softmax", ("softmax",) * depth, None, softmax),
            self.training("partial-hybrid", ("softmax", "mesa"), 1.0, hybrid),
        )

    def narrow(self, widths: Sequence[int], schedule: Schedule) -> tuple[Training, ...]:
        """Hybrids on narrower tokens; queries, keys and values are no wider than these."""
        found = []
        for width in widths:
            scale = dataclasses.replace(self, width=width, key_size=min(self.key_size, width))
            name = f"partial-hybrid-width-{width}"
            found.append(scale.training(name, ("softmax", "mesa"), 1.0, schedule))
        return tuple(found)


def _scheduled(num_steps: int) -> Schedule:
    optimizer = dataclasses.replace(SCHEDULED, learning_rate=4e-4)
    return Schedule(num_steps, 128, optimizer, 500, 1280)


def _quick(num_steps: int, batch_size: int) -> Schedule:
    return Schedule(num_steps, batch_size, adam(1e-2, 0.05), num_steps // 10, 8 * batch_size)


# Published are tokens of 80 channels and 12 heads, batches of 256, and 20,000 and 12,000 steps.
# Such a network is larger than one file of a record may be, and takes hours on two cores.
_REDUCED = Scale(PartialObservation(), width=40, num_heads=6, key_size=20)
REDUCED = Config(
    *_REDUCED.pair(7, _scheduled(12_000), _scheduled(8_000)),
    narrow=_REDUCED.narrow((5, 10, 20), _scheduled(8_000)),  # published: 5 to 80, both networks
    windows=(1, 2, 3, 4, 6),
)
_NARROW = Scale(PartialObservation(LinearDynamics(4, 20), 2), width=16, num_heads=4, key_size=8)
LAPTOP = Config(
    *_NARROW.pair(3, _quick(1000, 64), _quick(1000, 64)),
    narrow=_NARROW.narrow((4, 8), _quick(600, 64)),
    windows=(1, 2, 3),
    test_size=1024,
)
_TINY = Scale(PartialObservation(LinearDynamics(3, 13), 2), width=7, num_heads=2, key_size=5)
SMOKE = Config(
    *_TINY.pair(2, _quick(20, 8), _quick(20, 8)),
    narrow=_TINY.narrow((3,), _quick(20, 8)),
    windows=(1, 2),
    test_size=32,
    probe_size=64,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "reduced": REDUCED}
