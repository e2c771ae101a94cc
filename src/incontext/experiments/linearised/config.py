"""Settings of the figure about softmax layers that become linear as the dimension grows."""

import dataclasses
from collections.abc import Mapping

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.experiments.stacks import SCHEDULED, RawScale, adam
from incontext.models.initialization import Gaussian
from incontext.models.sequence import SequenceConfig
from incontext.networks.distillation import Distillation
from incontext.networks.layouts import Constructed
from incontext.networks.training import Training
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import Schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure.

    distillations: one for every dimension, smallest first; its reader is the softmax network.
    constructed: of two softmax layers of one head on constructed tokens, whose channels have an
    order, so that weights can be compared (Figure 19).
    test_size: sequences on which the loss with a layer replaced is taken.

    Raises:
        Refusal: if dimensions do not increase, depths differ, or test sequences are not whole
            batches, or the network on constructed tokens has more than one head.
    """

    distillations: tuple[Distillation, ...]
    constructed: Distillation
    test_size: int = 2560

    def __post_init__(self) -> None:
        checks.check_batches_of("test_size", self.test_size)
        dims = [dimension(one) for one in self.distillations]
        if dims != sorted(set(dims)):
            raise Refusal(f"dimensions are {dims}; give them in increasing order.")
        depths = {one.shape.num_layers for one in self.distillations}
        if len(depths) > 1:
            raise Refusal(f"networks have {sorted(depths)} layers; give all the same depth.")
        if self.constructed.shape.num_heads != 1:
            raise Refusal(
                f"{self.constructed.name} has {self.constructed.shape.num_heads} heads; it must "
                "have one, because heads have no order."
            )


def dimension(training: Training) -> int:
    """Dimension of a state."""
    assert isinstance(training.task, LinearDynamics)
    return training.task.state_dim


def reader(size: int, num_layers: int, schedule: Schedule) -> Training:
    """A softmax network on raw states of dimension n: 4 n of them, tokens of 4 n channels.

    Source: paper B, Section F.2, and the authors' code.
    """
    dynamics = LinearDynamics(size, 4 * size)
    scale = RawScale(dynamics, width=4 * size, num_heads=4, key_size=2 * size)
    name = f"dimension-{size}-softmax-{num_layers}"
    return scale.training(name, ("softmax",) * num_layers, None, schedule)


def pair_reader(size: int, schedule: Schedule) -> Training:
    """Two softmax layers of one head on constructed tokens of dimension n, 4 n states long.

    Source: paper B, Figure 19; how it was trained is not said.
    """
    network = SequenceConfig(
        ("softmax",) * 2,
        num_heads=1,
        key_size=2 * size,
        token_clip=None,
        initialization=Gaussian(0.05),
    )
    name = f"constructed-{size}-softmax-2"
    return Training(name, LinearDynamics(size, 4 * size), Constructed(), network, schedule)


def distillation(of: Training, schedule: Schedule) -> Distillation:
    """Linear layers for all layers of a network with the first seed."""
    return Distillation(
        f"{of.name}-linear", of.task, of.layout, of.network, schedule, reader=of, reader_seed=0
    )


_FITTED = Schedule(15_000, 64, adam(1e-3, 0.0), 500, 512)


def _published(rates: Mapping[int, tuple[float, int]]) -> tuple[Distillation, ...]:
    """Seven layers by dimension, with the published learning rates and steps of the first seed."""
    found = []
    for size, (rate, num_steps) in rates.items():
        optimizer = dataclasses.replace(SCHEDULED, learning_rate=rate)
        trained = reader(size, 7, Schedule(num_steps, 64, optimizer, 500, 512))
        found.append(distillation(trained, _FITTED))
    return tuple(found)


def _brief(num_steps: int, batch_size: int) -> tuple[Schedule, Schedule]:
    """Short trainings of a network and of its linear layers, at constant rates."""
    every, evaluated = num_steps // 10, 8 * batch_size
    trained = Schedule(num_steps, batch_size, adam(5e-3, 0.05), every, evaluated)
    return trained, dataclasses.replace(trained, optimizer=adam(3e-3, 0.0))


def _quick(size: int, num_layers: int, num_steps: int, batch_size: int) -> Distillation:
    trained, fitted = _brief(num_steps, batch_size)
    return distillation(reader(size, num_layers, trained), fitted)


def _quick_pair(size: int, num_steps: int, batch_size: int) -> Distillation:
    trained, fitted = _brief(num_steps, batch_size)
    return distillation(pair_reader(size, trained), fitted)


# Published are 4, 6, 10, 20, 40 and 60 dimensions.  From 20 on a network and its linear layers are
# larger than one file of a record may be, and trainings take hours on two cores.  Two layers of
# one head are small in 20 dimensions, too: they have the published size.
REDUCED = Config(
    _published({4: (4e-3, 5000), 6: (4e-3, 5000), 10: (4e-3, 5000)}),
    distillation(pair_reader(20, Schedule(8000, 64, SCHEDULED, 500, 512)), _FITTED),
)
LAPTOP = Config(
    (_quick(2, 3, 800, 64), _quick(4, 3, 800, 64)), _quick_pair(4, 800, 64), test_size=1024
)
SMOKE = Config((_quick(2, 2, 20, 8), _quick(3, 2, 20, 8)), _quick_pair(2, 20, 8), test_size=32)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "reduced": REDUCED}
