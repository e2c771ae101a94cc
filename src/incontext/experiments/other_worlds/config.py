"""Settings of the figures about contracting dynamics and about one map for all sequences."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks, mesa
from incontext.experiments.mesa.config import title
from incontext.experiments.stacks import adam, stack
from incontext.models.sequence import SequenceConfig
from incontext.networks.training import Training
from incontext.tasks.dynamics import ContractingDynamics, FixedDynamics, LinearDynamics
from incontext.training.config import Schedule

CONTRACTING, ONE_MAP, ORTHOGONAL = "contracting", "one map", "orthogonal"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    contracting, one_map: what is trained on contracting dynamics (Figure 11), and where every
    sequence has the same map (Figure 12): linear stacks by depth, then a mesa layer.
    orthogonal: networks of the usual dynamics, for comparison in the other worlds.
    A world without networks is left out of the report.
    test_size: sequences for the losses by position.  transfer_size: for networks in other worlds.
    probe_size: for the probes of the deepest stacks.

    Raises:
        Refusal: if a world does not begin with one linear layer, does not end with a mesa layer
            or has several tasks, a task is of another world, or test sequences are not whole
            batches.
    """

    contracting: tuple[Training, ...]
    one_map: tuple[Training, ...]
    orthogonal: tuple[Training, ...]
    test_size: int = 10_240  # four times the published size: single sequences weigh much
    transfer_size: int = 2560
    probe_size: int = 512

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        checks.check_batches_of("transfer_size", self.transfer_size)
        kinds = {CONTRACTING: ContractingDynamics, ONE_MAP: FixedDynamics}
        for world, entrants in self.worlds.items():
            checks.check_one_task(entrants)
            if type(entrants[0].task) is not kinds.get(world, LinearDynamics):
                raise Refusal(
                    f"{entrants[0].name} is trained on {type(entrants[0].task).__name__}, which is "
                    f"not the {world} world; give it that."
                )
        for world in set(kinds) & set(self.worlds):
            names = [title(one) for one in self.worlds[world]]
            if names[0] != "1 linear layer" or names[-1] != "mesa layer":
                raise Refusal(
                    f"the {world} world has {', '.join(names)}; it must begin with one linear "
                    "layer and end with a mesa layer."
                )

    @property
    def worlds(self) -> dict[str, tuple[Training, ...]]:
        """What is trained in each world where something is."""
        found = {CONTRACTING: self.contracting, ONE_MAP: self.one_map, ORTHOGONAL: self.orthogonal}
        return {world: entrants for world, entrants in found.items() if entrants}

    def task(self, world: str) -> LinearDynamics:
        """The dynamics of a world."""
        task = self.worlds[world][0].task
        assert isinstance(task, LinearDynamics)
        return task


def role(world: str, training: Training) -> str:
    """What the report calls a network of a world."""
    return f"{world}, {title(training)}"


def depth(training: Training) -> int:
    """Number of layers."""
    assert isinstance(training.network, SequenceConfig)
    return training.network.num_layers


def _world(
    prefix: str, task: LinearDynamics, stacks: dict[int, Schedule], layer: Schedule
) -> tuple[Training, ...]:
    found = [stack("linear", depth, schedule, task=task) for depth, schedule in stacks.items()]
    found.append(stack("mesa", 1, layer, task=task))
    return tuple(dataclasses.replace(one, name=f"{prefix}-{one.name}") for one in found)


def _published(num_steps: int, batch_size: int, learning_rate: float) -> Schedule:
    return Schedule(num_steps, batch_size, adam(learning_rate), 250, 2560)


def _quick(num_steps: int, learning_rate: float, batch_size: int = 64) -> Schedule:
    return Schedule(num_steps, batch_size, adam(learning_rate), 50, 256)


def _orthogonal(config: mesa.Config) -> tuple[Training, ...]:
    """The linear stacks beside the mesa layer, and this layer."""
    return (*(one for one in config.stacks if "linear" in title(one)), config.layer)


PAPER = Config(
    contracting=_world(
        "contracting",
        ContractingDynamics(),
        {
            1: _published(5000, 256, 1e-4),
            2: _published(5000, 256, 1e-4),
            4: _published(10_000, 256, 1e-4),
            6: _published(5000, 256, 1e-4),
        },
        _published(5000, 256, 4e-4),
    ),
    one_map=_world(
        "one-map",
        FixedDynamics(),
        {
            1: _published(10_000, 512, 1e-3),
            2: _published(10_000, 512, 1e-3),
            4: _published(5000, 512, 1e-3),
            6: _published(5000, 512, 1e-3),
        },
        _published(5000, 512, 4e-4),
    ),
    orthogonal=_orthogonal(mesa.PRESETS["paper"]),
)
LAPTOP = Config(
    contracting=_world(
        "contracting",
        ContractingDynamics(),
        {1: _quick(250, 1e-3), 4: _quick(250, 1e-3)},
        _quick(200, 5e-3),
    ),
    one_map=_world(
        "one-map",
        FixedDynamics(),
        {1: _quick(1500, 3e-3, 32), 2: _quick(300, 2e-3, 32)},
        _quick(200, 5e-3, 32),
    ),
    orthogonal=_orthogonal(mesa.PRESETS["laptop"]),
    test_size=512,
    transfer_size=256,
)
_TINY = Schedule(20, 8, adam(3e-3), 10, 16)
_STEPS = {1: _TINY, 2: _TINY}
SMOKE = Config(
    contracting=_world("contracting", ContractingDynamics(length=17), _STEPS, _TINY),
    one_map=_world("one-map", FixedDynamics(length=17), _STEPS, _TINY),
    orthogonal=_orthogonal(mesa.PRESETS["smoke"]),
    test_size=64,
    transfer_size=16,
    probe_size=128,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
