"""Settings of the figures about dynamics of which a part is observed."""

import dataclasses
from collections.abc import Sequence

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.experiments.dataset_building.config import FIRST_LAYER
from incontext.experiments.stacks import SCHEDULED, RawScale, adam
from incontext.models.sequence import SequenceConfig
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.dynamics import LinearDynamics, PartialObservation
from incontext.training.config import Schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    softmax, hybrid: the networks, softmax layers alone, and softmax followed by mesa.
    softmax_followed, hybrid_followed: the same networks in trainings whose first layer is kept on
    the way; they may be the same trainings.
    narrow: hybrids on narrower tokens, narrowest first (Figure 21).
    windows: how many observations the regressions beside them put together.
    ridge: of these regressions, in units of a squared observation.
    looked_for: how many of the last observations are looked for in the last token.
    test_size, probe_size, sensitivity_size: sequences for the losses by position, for the probes
    and for the sensitivities.

    Raises:
        Refusal: if the tasks differ or are fully observed, a network is followed that is another,
            more observations are looked for than there are, test sequences are not whole batches,
            or widths do not increase up to that of the hybrid.
    """

    softmax: Training
    hybrid: Training
    softmax_followed: Training
    hybrid_followed: Training
    narrow: tuple[Training, ...]
    windows: tuple[int, ...]
    ridge: float = 1e-2
    looked_for: int = 8
    test_size: int = 2560
    probe_size: int = 1024
    sensitivity_size: int = 64

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        followed = self.followed.values()
        checks.check_one_task((self.softmax, self.hybrid, *followed, *self.narrow))
        for name, one in self.entrants.items():
            if self.followed[name].network != one.network:
                raise Refusal(f"{name}_followed is not the network of {name}; follow that one.")
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
    def followed(self) -> dict[str, Training]:
        """The trainings that are followed, by the names of their networks."""
        return {"softmax": self.softmax_followed, "hybrid": self.hybrid_followed}

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


class Scale(RawScale[PartialObservation]):
    """What the trainings of a preset share, and which they are."""

    def pair(self, depth: int, softmax: Schedule, hybrid: Schedule) -> tuple[Training, Training]:
        """Softmax alone, and softmax with mesa."""
        return (
            self.training("partial-softmax", ("softmax",) * depth, None, softmax),
            self.training("partial-hybrid", ("softmax", "mesa"), 1.0, hybrid),
        )

    def followed(self, depth: int, schedule: Schedule, suffix: str) -> tuple[Training, Training]:
        """Both with their first layer kept at every evaluation."""
        kept, deep = every_evaluation(schedule, *FIRST_LAYER), ("softmax",) * depth
        return (
            self.training(f"partial-softmax{suffix}", deep, None, schedule, kept),
            self.training(f"partial-hybrid{suffix}", ("softmax", "mesa"), 1.0, schedule, kept),
        )

    def narrow(self, widths: Sequence[int], schedule: Schedule) -> tuple[Training, ...]:
        """Hybrids on narrower tokens; queries, keys and values are no wider than these."""
        found = []
        for width in widths:
            scale = dataclasses.replace(self, width=width, key_size=min(self.key_size, width))
            name = f"partial-hybrid-width-{width}"
            found.append(scale.training(name, ("softmax", "mesa"), 1.0, schedule))
        return tuple(found)


def _scheduled(num_steps: int, every: int = 500) -> Schedule:
    optimizer = dataclasses.replace(SCHEDULED, learning_rate=4e-4)
    return Schedule(num_steps, 128, optimizer, every, 1280)


def _quick(num_steps: int, batch_size: int) -> Schedule:
    return Schedule(num_steps, batch_size, adam(1e-2, 0.05), num_steps // 10, 8 * batch_size)


# Published are tokens of 80 channels and 12 heads, batches of 256, and 20,000 and 12,000 steps.
# Such a network is larger than one file of a record may be, and takes hours on two cores.
# Followed are 3,000 steps as published, for the same reason every 200 and not every 100 steps.
_REDUCED = Scale(PartialObservation(), width=40, num_heads=6, key_size=20)
REDUCED = Config(
    *_REDUCED.pair(7, _scheduled(12_000), _scheduled(8_000)),
    *_REDUCED.followed(7, _scheduled(3_000, 200), "-followed"),
    narrow=_REDUCED.narrow((5, 10, 20), _scheduled(8_000)),  # published: 5 to 80, both networks
    windows=(1, 2, 3, 4, 6),
)
_NARROW = Scale(PartialObservation(LinearDynamics(4, 20), 2), width=16, num_heads=4, key_size=8)
_LAPTOP = _NARROW.followed(3, _quick(1000, 64), "")  # one training serves all figures but 21
LAPTOP = Config(
    *_LAPTOP,
    *_LAPTOP,
    narrow=_NARROW.narrow((4, 8), _quick(600, 64)),
    windows=(1, 2, 3),
    test_size=1024,
)
_TINY = Scale(PartialObservation(LinearDynamics(3, 13), 2), width=7, num_heads=2, key_size=5)
_SMOKE = _TINY.followed(2, _quick(20, 8), "")
SMOKE = Config(
    *_SMOKE,
    *_SMOKE,
    narrow=_TINY.narrow((3,), _quick(20, 8)),
    windows=(1, 2),
    test_size=32,
    probe_size=64,
    sensitivity_size=8,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "reduced": REDUCED}
