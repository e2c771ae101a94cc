"""Settings of the single-layer figures."""

import dataclasses

import numpy as np

from incontext.errors import Refusal
from incontext.experiments import checks, expected
from incontext.experiments.regressions import adam, published_layer, regression_layers, with_task
from incontext.models.transformer import TransformerConfig
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    layer: one linear layer with one head.
    sizes: values of N = N_x for panel 3, each trained with num_size_seeds seeds.
    input_scales, target_scales, mixture_scales: axes of Figure 6.
    token_clip: of the trained layer with clipped tokens, which is measured beside the layer.
    rollout_draws: draws of evaluation_size tasks; rolling out shows the median over them.
    final_batches: batches of the layer's evaluation_size tasks for the final losses.

    Raises:
        Refusal: if the layer is another network, its task has no closed form, or no standard
            error can be taken.
    """

    layer: Training
    sizes: tuple[int, ...]
    num_size_seeds: int
    input_scales: tuple[float, ...]
    target_scales: tuple[float, ...]
    mixture_scales: tuple[float, ...]
    dampenings: tuple[float, ...] = (1.0, 0.875, 0.75)
    rollout_steps: int = 50
    rollout_draws: int = 9
    token_clip: float = 10.0
    final_batches: int = 100

    def __post_init__(self) -> None:
        checks.check_linear_layers(self.layer)
        network = self.layer.network
        assert isinstance(network, TransformerConfig)
        if network.num_layers > 1 or network.token_clip is not None:
            raise Refusal(
                f"layer has {network.num_layers} layers and token_clip {network.token_clip}; "
                "give it one layer and None."
            )
        expected.one_step(self.task)
        checks.check_num_seeds("num_size_seeds", self.num_size_seeds)
        checks.check_num_seeds("rollout_draws", self.rollout_draws)
        checks.check_final_batches(self.final_batches)

    @property
    def task(self) -> LinearRegression:
        """What the layer learns."""
        assert isinstance(self.layer.task, LinearRegression)
        return self.layer.task

    @property
    def evaluation_size(self) -> int:
        """Tasks of one evaluation."""
        return self.layer.schedule.evaluation_size

    def layer_of_size(self, size: int) -> Training:
        """The same layer for as many examples as inputs, N = N_x."""
        return with_task(self.layer, of_size(self.task, size))


def of_size(task: LinearRegression, size: int) -> LinearRegression:
    """The task with as many examples as inputs, N = N_x."""
    return dataclasses.replace(task, num_context=size, input_dim=size)


def _layer(schedule: Schedule) -> Training:
    return regression_layers(schedule, kept=every_evaluation(schedule))


def _axis(start: float, stop: float, step: float) -> tuple[float, ...]:
    return tuple(np.round(np.arange(start, stop, step), 3).tolist())


PAPER = Config(
    layer=published_layer(),
    sizes=(5, 10, 20, 35, 50),
    num_size_seeds=3,
    input_scales=_axis(0.5, 2.03, 0.03),
    target_scales=_axis(0.5, 5.1, 0.1),
    mixture_scales=_axis(0.5, 5.05, 0.05),
)
LAPTOP = dataclasses.replace(
    PAPER,
    layer=_layer(Schedule(1000, 512, adam(1e-3), 50)),
    sizes=(5, 10),
    num_size_seeds=1,
    rollout_draws=3,
    final_batches=20,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    layer=_layer(Schedule(200, 64, adam(1e-2), 50, 200)),
    input_scales=(0.5, 1.0, 2.0),
    target_scales=(1.0, 5.0),
    mixture_scales=(1.0, 5.0),
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
