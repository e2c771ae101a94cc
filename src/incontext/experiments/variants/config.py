"""Settings of trainings that differ from a figure's in one thing that text or code leaves open."""

import dataclasses

from incontext.experiments import checks, expected
from incontext.experiments.regressions import adam, published_layer, regression_layers
from incontext.models.normalised import NormalisedConfig
from incontext.networks.normalised import normalised_layer
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Schedule

CLIP_OF_CODE = 1e-3  # norm to which the authors' notebook clips gradients for one and two layers
RECORDED = "every token, learned scale"  # the LayerNorm of Figure 14 in this book
WAYS = {
    "plain": "every token, no scale",
    "context only": "the context only",
    "stream": "the stream itself",
    "after": "the sum, after the layer",
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    layer, clipped: one linear layer, its gradients clipped as the text and as the code says.
    norm: the LayerNorm of Figure 14 in this book, with num_norm_seeds seeds, as all variants.
    variants: layers with other ones.
    three, three_clipped: three tied layers, the right half of Figure 9; their tokens are not
    clipped, as in the authors' code, and clipped at 10, as in the text.
    batch_size, final_batches: tasks of a batch and batches for losses at the end.

    Raises:
        Refusal: if they learn different tasks, the task has no closed form, or no standard error
            can be taken.
    """

    layer: Training
    clipped: Training
    norm: Training
    variants: tuple[Training, ...]
    three: Training
    three_clipped: Training
    num_norm_seeds: int = 2
    batch_size: int = 10_000
    final_batches: int = 10

    def __post_init__(self) -> None:
        checks.check_one_task(
            [self.layer, self.clipped, self.norm, *self.variants, self.three, self.three_clipped]
        )
        expected.one_step(self.task)
        checks.check_num_seeds("num_norm_seeds", self.num_norm_seeds)
        checks.check_final_batches(self.final_batches)

    @property
    def task(self) -> LinearRegression:
        """What all of them learn."""
        assert isinstance(self.layer.task, LinearRegression)
        return self.layer.task


def clipped_as_in_code(training: Training) -> Training:
    """The same training with gradients clipped to the norm of the authors' notebook."""
    optimizer = dataclasses.replace(training.schedule.optimizer, clip_norm=CLIP_OF_CODE)
    schedule = dataclasses.replace(training.schedule, optimizer=optimizer)
    return regression_layers(schedule, task=_regression(training))


def _regression(training: Training) -> LinearRegression:
    assert isinstance(training.task, LinearRegression)
    return training.task


def _config(layer: Training, norm: Schedule, three: Schedule, **sizes: int) -> Config:
    clipped = dataclasses.replace(clipped_as_in_code(layer), name=f"{layer.name}-clip-of-code")
    task = _regression(layer)
    usual = regression_layers(norm, layer_norm=(True,), kept=every_evaluation(norm))
    variants = tuple(normalised_layer(NormalisedConfig(way), task, norm) for way in WAYS)  # pyright: ignore[reportArgumentType]
    tied, bounded = (
        regression_layers(three, weightings=("linear",) * 3, tied=True, token_clip=clip)
        for clip in (None, 10.0)
    )
    bounded = dataclasses.replace(bounded, name=f"{bounded.name}-clipped")
    return Config(layer, clipped, usual, variants, tied, bounded, **sizes)


PAPER = _config(
    published_layer(),
    Schedule(15_000, 2048, adam(1e-3), 250),
    Schedule(5000, 2048, adam(1e-3)),  # as two tied layers
)
_SHORT = Schedule(800, 256, adam(3e-3), 50, 1000)  # as of the laptop preset of softmax
LAPTOP = _config(
    regression_layers(_SHORT, kept=every_evaluation(_SHORT)),
    Schedule(400, 256, adam(3e-3), 50, 1000),
    Schedule(1200, 256, adam(2e-3), 100, 1000),
    num_norm_seeds=1,
    batch_size=2000,
)
_TINY = Schedule(20, 16, adam(3e-3), 10, 101)
SMOKE = _config(
    regression_layers(_TINY), _TINY, _TINY, num_norm_seeds=1, batch_size=101, final_batches=2
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
