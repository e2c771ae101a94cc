"""Settings of the figures about a fixed set of tasks."""

import dataclasses
from collections.abc import Sequence

from incontext.errors import Refusal
from incontext.experiments import checks, expected
from incontext.experiments.regressions import adam, regression_layers
from incontext.models.initialization import FanIn
from incontext.models.transformer import TransformerConfig
from incontext.networks.layouts import Together
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.fixed_set import FixedSet
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Kept, Schedule

MLP_WIDTH = 44  # four times a token, as the paper's other MLPs


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    layers: one linear layer for every fixed set of tasks (Figure 16); of each size the set with
    number 0 is followed, with all seeds, and the others are trained with one.
    block: attention and MLP on such a set (Figure 15, right), with at most num_block_seeds seeds.
    evaluation_size, final_batches: fresh tasks of a curve; batches of as many for the end.

    Raises:
        Refusal: if a loss curve would not be that of the whole set, the distributions of tasks
            differ, or no standard error can be taken.
    """

    layers: tuple[Training, ...]
    block: Training
    num_block_seeds: int = 3
    evaluation_size: int = 10_000
    final_batches: int = 10

    def __post_init__(self) -> None:
        for one in (*self.layers, self.block):
            size, found = fixed_set(one).num_prompts, one.schedule.evaluation_size
            if size != found:
                raise Refusal(
                    f"{one.name} has {size} fixed tasks and evaluation_size {found}; make them "
                    "equal, so that the loss curve is that of the whole set."
                )
            if fixed_set(one).task != self.task:
                raise Refusal(
                    f"{one.name} has other tasks than the first layer; give all the same."
                )
        expected.one_step(self.task)
        checks.check_final_batches(self.final_batches)

    @property
    def task(self) -> LinearRegression:
        """The distribution that all tasks come from."""
        return fixed_set(self.layers[0]).task

    @property
    def num_weights(self) -> int:
        """Numbers of one layer that act on a prediction, d (d + 1) + (d + 1) - 1.

        The d columns of the key-query product that an empty query slot leaves, the row of the
        output-value product that is read, less one scale that can move between the two.
        """
        width = self.task.input_dim + 1
        return width * self.task.input_dim + width - 1


def fixed_set(training: Training) -> FixedSet:
    """The fixed tasks of a training."""
    assert isinstance(training.task, FixedSet)
    return training.task


def title(training: Training) -> str:
    """What tables call a layer, such as "512 tasks"."""
    return f"{fixed_set(training).num_prompts} tasks"


def _layer(num_tasks: int, set_seed: int, num_steps: int, every: int) -> Training:
    schedule = Schedule(num_steps, num_tasks, adam(1e-3), every, num_tasks)
    other = f"-set-{set_seed}" if set_seed else ""
    kept = Kept() if set_seed else every_evaluation(schedule)
    return dataclasses.replace(
        regression_layers(schedule, kept=kept),
        name=f"fixed-{num_tasks}-linear-1{other}",
        task=FixedSet(num_tasks, set_seed=set_seed),
    )


def _layers(
    sizes: Sequence[int], num_sets: int, num_steps: int, every: int
) -> tuple[Training, ...]:
    return tuple(_layer(size, one, num_steps, every) for size in sizes for one in range(num_sets))


def _block(num_tasks: int, schedule: Schedule) -> Training:
    network = TransformerConfig(("linear",), mlp_width=MLP_WIDTH, initialization=FanIn(0.002))
    kept = every_evaluation(schedule)
    return Training(
        f"fixed-{num_tasks}-block", FixedSet(num_tasks), Together(), network, schedule, kept
    )


PAPER = Config(
    layers=_layers((128, 512, 2048, 8192), 5, 5000, 100),
    block=_block(8192, Schedule(20_000, 8192, adam(1e-3), 200, 8192)),
)
LAPTOP = Config(
    layers=_layers((128, 512, 2048), 1, 1000, 50),
    block=_block(512, Schedule(1000, 512, adam(1e-3), 50, 512)),
    evaluation_size=2000,
    final_batches=5,
)
SMOKE = Config(
    layers=_layers((131,), 2, 20, 10),
    block=_block(13, Schedule(20, 13, adam(1e-3), 10, 13)),
    evaluation_size=101,
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
