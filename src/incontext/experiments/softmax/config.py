"""Settings of the softmax figures."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from incontext.errors import Refusal
from incontext.experiments import checks, expected, regressions
from incontext.experiments.regressions import adam, published_layer, regression_layers
from incontext.models.attention import Weighting
from incontext.models.transformer import TransformerConfig
from incontext.networks.layouts import Together
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig

TITLES = {
    "one_head": "one softmax head",
    "two_heads": "two softmax heads",
    "normalised": "one layer with LayerNorm",
    "two_normalised": "two layers with LayerNorm",
    "linear_one_head": "one linear head",
    "linear_two_heads": "two linear heads",
}
_SHAPES = {
    "one_head": TransformerConfig(("softmax",)),
    "two_heads": TransformerConfig(("softmax",), num_heads=2),
    "normalised": TransformerConfig(layer_norm=(True,)),
    "two_normalised": TransformerConfig(("linear", "linear"), layer_norm=(False, True)),
    "linear_one_head": TransformerConfig(),
    "linear_two_heads": TransformerConfig(num_heads=2),
}


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A network, and how many of the experiment's seeds train it: the first so many.

    Raises:
        Refusal: if there is no seed.
    """

    network: Training
    num_seeds: int

    def __post_init__(self) -> None:
        checks.check_num_seeds("num_seeds", self.num_seeds)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    one_head, two_heads: softmax layers of Figures 11 and 12.
    normalised, two_normalised: one and two linear layers with LayerNorm, Figure 14.
    linear_one_head, linear_two_heads: Figure 15.
    tuning: training of the step size and curvature of two steps of GD++.
    input_scales, target_scales: axes of Figures 12 and 14.
    final_batches: batches of batch_size tasks for the final losses.

    Raises:
        Refusal: if a network is not what its field says, they learn different tasks, or the task
            has no closed form or no table.
    """

    one_head: Entrant
    two_heads: Entrant
    normalised: Entrant
    two_normalised: Entrant
    linear_one_head: Entrant
    linear_two_heads: Entrant
    tuning: Schedule
    input_scales: tuple[float, ...]
    target_scales: tuple[float, ...]
    final_batches: int = 10
    batch_size: int = 10_000

    def __post_init__(self) -> None:
        for name, entrant in self.entrants.items():
            _check_network(name, entrant.network)
        checks.check_one_task([entrant.network for entrant in self.entrants.values()])
        expected.one_step(self.task)
        checks.check_one_output(self.task)
        checks.check_final_batches(self.final_batches)

    @property
    def entrants(self) -> Mapping[str, Entrant]:
        """The six networks, by the field that holds them."""
        return {name: getattr(self, name) for name in TITLES}

    @property
    def task(self) -> LinearRegression:
        """What all of them learn."""
        assert isinstance(self.one_head.network.task, LinearRegression)
        return self.one_head.network.task

    @property
    def gdpp(self) -> Training:
        """Training of two steps of GD++, with one seed."""
        return regressions.gdpp(self.tuning, 2, task=self.task)


def _check_network(name: str, training: Training) -> None:
    """Refuse a network that does not bear its title; its widths and its start are free."""
    network, shape = training.network, _SHAPES[name]
    if not (
        isinstance(training.task, LinearRegression)
        and isinstance(training.layout, Together)
        and isinstance(network, TransformerConfig)
        and shape
        == dataclasses.replace(
            network, key_size=shape.key_size, initialization=shape.initialization
        )
    ):
        raise Refusal(
            f"{name} is another network than {TITLES[name]}, on tokens that hold input and target "
            "of a linear regression; its tables could not be read."
        )
    if training.kept.parts:
        raise Refusal(
            f"{name} keeps {training.kept.parts} on the way; keep all weights, (), from which "
            "its predictions follow."
        )


def _entrant(
    schedule: Schedule,
    num_seeds: int,
    *,
    weightings: tuple[Weighting, ...] = ("linear",),
    num_heads: int = 1,
    layer_norm: tuple[bool, ...] = (),
) -> Entrant:
    network = regression_layers(
        schedule,
        weightings=weightings,
        num_heads=num_heads,
        layer_norm=layer_norm,
        kept=every_evaluation(schedule),
    )
    return Entrant(network, num_seeds)


def _published(num_steps: int, evaluate_every: int = 100) -> Schedule:
    return Schedule(num_steps, 2048, adam(1e-3), evaluate_every)


def _fast(num_steps: int) -> Schedule:
    return Schedule(num_steps, 256, adam(3e-3), 50, 1000)


PAPER = Config(
    one_head=_entrant(_published(5000), 20, weightings=("softmax",)),
    two_heads=_entrant(_published(10_000), 5, weightings=("softmax",), num_heads=2),
    normalised=_entrant(_published(15_000, 250), 2, layer_norm=(True,)),
    two_normalised=_entrant(
        _published(15_000, 250), 1, weightings=("linear", "linear"), layer_norm=(False, True)
    ),
    linear_one_head=Entrant(published_layer(), 10),
    linear_two_heads=_entrant(_published(1000), 10, num_heads=2),
    # as gdpp-depth tunes two tied steps
    tuning=Schedule(1000, 512, AdamConfig(1e-2, b2=0.999, clip_norm=10.0, decay_steps=1000)),
    input_scales=tuple(np.round(np.arange(0.5, 2.03, 0.1), 3).tolist()),
    target_scales=tuple(np.round(np.arange(0.5, 5.1, 0.5), 3).tolist()),
)
LAPTOP = dataclasses.replace(
    PAPER,
    one_head=_entrant(_fast(1000), 3, weightings=("softmax",)),
    two_heads=_entrant(_fast(900), 3, weightings=("softmax",), num_heads=2),
    normalised=_entrant(_fast(400), 1, layer_norm=(True,)),
    two_normalised=_entrant(
        _fast(400), 1, weightings=("linear", "linear"), layer_norm=(False, True)
    ),
    linear_one_head=_entrant(_fast(800), 3),
    linear_two_heads=_entrant(_fast(400), 3, num_heads=2),
    tuning=Schedule(200, 256, AdamConfig(3e-2, decay_steps=200), 100, 1000),
    final_batches=4,
    batch_size=2000,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    one_head=_entrant(_fast(100), 2, weightings=("softmax",)),
    two_heads=_entrant(_fast(100), 2, weightings=("softmax",), num_heads=2),
    normalised=_entrant(_fast(50), 1, layer_norm=(True,)),
    two_normalised=_entrant(
        _fast(50), 1, weightings=("linear", "linear"), layer_norm=(False, True)
    ),
    linear_one_head=_entrant(_fast(100), 2),
    linear_two_heads=_entrant(_fast(100), 2, num_heads=2),
    tuning=Schedule(50, 64, AdamConfig(3e-2, decay_steps=50), 50, 500),
    input_scales=(0.5, 1.0, 2.0),
    target_scales=(1.0, 2.0),
    final_batches=2,
    batch_size=500,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
