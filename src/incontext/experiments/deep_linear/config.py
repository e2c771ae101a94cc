"""Settings of the figures about deep linear attention."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.experiments.stacks import adam, published_stack, stack
from incontext.models.sequence import SequenceConfig
from incontext.networks.layouts import Constructed
from incontext.networks.learnables import ScaledIdentities
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import Kept, Schedule


def depth(training: Training) -> int:
    """Number of layers of a stack."""
    assert isinstance(training.network, SequenceConfig | ScaledIdentities)
    return training.network.num_layers


def title(training: Training) -> str:
    """What tables call a stack, such as "6 layers" and "compressed, 6 layers"."""
    before = "compressed, " if isinstance(training.network, ScaledIdentities) else ""
    return f"{before}{depth(training)} layers"


def title_longer(training: Training) -> str:
    """What tables call a stack that is trained for longer, such as "4 layers, 20,000 steps"."""
    return f"{title(training)}, {training.schedule.num_steps:,} steps"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    stacks: networks of increasing depth (Figure 4D); the last one is probed (4E, 4F).
    longer: stacks trained for more steps than those of the same depth among stacks.
    interpolated: the network of Figure 4B, whose weights are compressed at step
    compressed_at and averaged with those of every other step that is kept.
    compressed: a stack of scaled identities alone, as deep as one of the stacks.
    test_size, probe_size: sequences for the losses by position and for the probes.

    Raises:
        Refusal: if weights at compressed_at are not kept, the tasks differ, no stack is as deep
            as the compressed one or a longer trained one, or test sequences are not whole batches.
    """

    stacks: tuple[Training, ...]
    interpolated: Training
    compressed_at: int
    compressed: Training
    longer: tuple[Training, ...] = ()
    test_size: int = 10_240  # four times the published size: single sequences weigh much
    probe_size: int = 512

    def __post_init__(self) -> None:
        checks.check_kept("compressed_at", self.compressed_at, self.interpolated)
        checks.check_batches_of("test_size", self.test_size)
        checks.check_one_task((*self.stacks, *self.longer, self.interpolated, self.compressed))
        depths = [depth(one) for one in self.stacks]
        for name, one in (
            ("compressed", self.compressed),
            *(("longer", one) for one in self.longer),
        ):
            if depth(one) not in depths:
                raise Refusal(
                    f"{name} has {depth(one)} layers and stacks have {depths}; it is compared "
                    "with a stack of the same depth."
                )

    @property
    def task(self) -> LinearDynamics:
        """The dynamics that all of them learn."""
        assert isinstance(self.deepest.task, LinearDynamics)
        return self.deepest.task

    @property
    def deepest(self) -> Training:
        """The stack that is probed."""
        return self.stacks[-1]


def _identities(
    num_layers: int, schedule: Schedule, task: LinearDynamics | None = None
) -> Training:
    network = ScaledIdentities(num_layers)
    name = f"identities-{num_layers}"
    return Training(name, task or LinearDynamics(), Constructed(), network, schedule)


def _longer(num_layers: int, schedule: Schedule, task: LinearDynamics | None = None) -> Training:
    found = stack("linear", num_layers, schedule, task=task)
    return dataclasses.replace(found, name=f"{found.name}-longer")


_FOLLOWED = Schedule(4500, 512, adam(1e-4), 100, 2560)
PAPER = Config(
    stacks=tuple(published_stack("linear", depth) for depth in (2, 4, 6)),
    interpolated=stack("linear", 6, _FOLLOWED, key_size=40, kept=Kept((300, 1000, 2000, 3000))),
    compressed_at=3000,
    compressed=_identities(6, Schedule(4500, 256, adam(1e-3, 0.0), 250, 2560)),
    longer=(_longer(4, Schedule(20_000, 256, adam(1e-4), 250, 2560)),),
)
_SHORT, _LONG = (Schedule(steps, 32, adam(1.5e-3), 50, 256) for steps in (250, 300))
_FOUR = stack("linear", 4, _LONG, kept=every_evaluation(_LONG))
LAPTOP = dataclasses.replace(
    PAPER,
    stacks=(stack("linear", 2, _SHORT), _FOUR),
    interpolated=_FOUR,
    compressed_at=300,
    compressed=_identities(4, Schedule(100, 32, adam(3e-3, 0.0), 50, 256)),
    longer=(),
    test_size=512,
    probe_size=512,
)
_TINY, _TASK = Schedule(20, 8, adam(3e-3), 10, 32), LinearDynamics(length=17)
_TWO = stack("linear", 2, _TINY, task=_TASK, kept=every_evaluation(_TINY))
SMOKE = dataclasses.replace(
    PAPER,
    stacks=(stack("linear", 1, _TINY, task=_TASK), _TWO),
    interpolated=_TWO,
    compressed_at=20,
    compressed=_identities(2, Schedule(20, 8, adam(3e-3, 0.0), 10, 32), _TASK),
    longer=(_longer(1, Schedule(30, 8, adam(3e-3), 10, 32), _TASK),),
    test_size=32,
    probe_size=128,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
