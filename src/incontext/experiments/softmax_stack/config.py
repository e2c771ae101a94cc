"""Settings of the figures about what happens inside a stack of softmax layers."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks, dataset_building
from incontext.experiments.dataset_building.config import Beginning
from incontext.models.sequence import SequenceConfig
from incontext.networks.training import Training
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import Kept, Schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    stacks: softmax networks on raw states, of increasing depth; the deepest is probed.
    test_size, probe_size: sequences for the losses by position and for the probes.

    Raises:
        Refusal: if the tasks differ, depths do not increase, a layer is not softmax, a beginning
            ends where no weights are kept, or test sequences are not whole batches.
    """

    stacks: tuple[Beginning, ...]
    test_size: int = 10_240
    probe_size: int = 512

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        checks.check_one_task([one.training for one in self.stacks])
        depths = [depth(one.training) for one in self.stacks]
        if depths != sorted(set(depths)):
            raise Refusal(f"stacks have {depths} layers; give them by increasing depth.")
        for one in self.stacks:
            if set(kinds(one.training)) != {"softmax"}:
                raise Refusal(f"{one.training.name} has other layers than softmax; give such only.")
            if one.num_steps is not None:
                checks.check_kept("num_steps", one.num_steps, one.training)

    @property
    def task(self) -> LinearDynamics:
        """The dynamics that all of them learn."""
        task = self.stacks[0].training.task
        assert isinstance(task, LinearDynamics)
        return task


def kinds(training: Training) -> tuple[str, ...]:
    """Kinds of the layers."""
    assert isinstance(training.network, SequenceConfig)
    return training.network.kinds


def depth(training: Training) -> int:
    """Number of layers."""
    return len(kinds(training))


def title(training: Training) -> str:
    """What tables call a stack, such as "7 layers"."""
    return f"{depth(training)} layers"


def _seven() -> Beginning:
    """The network of Figure 7A."""
    (found,) = (
        one.prediction for one in dataset_building.PRESETS["paper"].readers if one.name == "softmax"
    )
    return found


def _deeper(name: str, like: Training, num_layers: int, schedule: Schedule) -> Beginning:
    """A network like another, with other depth."""
    assert isinstance(like.network, SequenceConfig)
    network = dataclasses.replace(like.network, kinds=("softmax",) * num_layers)
    training = dataclasses.replace(like, name=name, network=network, schedule=schedule, kept=Kept())
    return Beginning(training)


def _small(preset: str) -> Training:
    """The two layers of another chapter."""
    (found,) = (
        one.prediction.training
        for one in dataset_building.PRESETS[preset].readers
        if one.name == "softmax"
    )
    return found


_LONG = _seven().training.schedule
PAPER = Config(
    stacks=(
        _deeper(
            "raw-softmax-3", _seven().training, 3, dataclasses.replace(_LONG, num_steps=10_000)
        ),
        _seven(),
    ),
)
LAPTOP = Config(
    stacks=(
        Beginning(_small("laptop")),
        _deeper("raw-softmax-4", _small("laptop"), 4, _small("laptop").schedule),
    ),
    test_size=1024,
    probe_size=1024,
)
SMOKE = Config(
    stacks=(
        Beginning(_small("smoke")),
        _deeper("raw-softmax-3", _small("smoke"), 3, _small("smoke").schedule),
    ),
    test_size=64,
    probe_size=64,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
