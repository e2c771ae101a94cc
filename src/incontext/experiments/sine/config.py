"""Settings of the sine figures."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks
from incontext.models.embedding import EmbeddingConfig
from incontext.models.initialization import FanIn
from incontext.networks.layouts import Together
from incontext.networks.learnables import DeepFeatures
from incontext.networks.training import Training, log_spaced
from incontext.tasks.sine import Coupling, SineRegression
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig


@dataclasses.dataclass(frozen=True)
class Family:
    """Two networks for one family of sines, from the same embedding and on the same batches.

    transformer: with a trained attention layer.
    control: a meta-learned MLP whose output layer takes one fixed gradient step.

    Raises:
        Refusal: if the two differ in more than the layer and the optimiser.
    """

    transformer: Training
    control: Training

    def __post_init__(self) -> None:
        free, fixed = self.networks
        if free.step_size is not None or fixed.step_size is None:
            raise Refusal(
                f"step_size is {free.step_size} for the Transformer and {fixed.step_size} for the "
                "control; only the control takes a fixed step."
            )
        twin = dataclasses.replace(
            self.transformer,
            network=fixed,
            schedule=dataclasses.replace(
                self.transformer.schedule, optimizer=self.control.schedule.optimizer
            ),
        )
        if twin != self.control or free.embedding != fixed.embedding:
            raise Refusal(
                "the control has another task, embedding, length or batch than the Transformer; "
                "give both the same."
            )

    @property
    def networks(self) -> tuple[DeepFeatures, DeepFeatures]:
        """Settings of the Transformer and of the control."""
        free, fixed = self.transformer.network, self.control.network
        assert isinstance(free, DeepFeatures)
        assert isinstance(fixed, DeepFeatures)
        return free, fixed

    @property
    def task(self) -> SineRegression:
        """The family of sines."""
        assert isinstance(self.transformer.task, SineRegression)
        return self.transformer.task


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    families: of sines, each with two networks of its own.
    num_fits: prompts whose fitted functions are kept.  grid_size: inputs they and the
    kernels are drawn at.  final_batches: batches of fresh tasks for the final losses.

    Raises:
        Refusal: if there is no family, or of no loss a standard error can be taken.
    """

    families: tuple[Family, ...]
    num_fits: int = 3
    grid_size: int = 61
    final_batches: int = 20

    def __post_init__(self) -> None:
        if not self.families:
            raise Refusal("families is empty; give at least one.")
        checks.check_final_batches(self.final_batches)


def _family(
    coupling: Coupling, embedding: EmbeddingConfig, schedule: Schedule, control: AdamConfig
) -> Family:
    task, kept = SineRegression(coupling=coupling), log_spaced(schedule, 30)
    name = f"sine-{coupling}"
    return Family(
        Training(f"{name}-transformer", task, Together(), DeepFeatures(embedding), schedule, kept),
        Training(
            f"{name}-control",
            task,
            Together(),
            DeepFeatures(embedding, step_size=0.01),
            dataclasses.replace(schedule, optimizer=control),
            kept,
        ),
    )


def _families(
    embedding: EmbeddingConfig, schedule: Schedule, control: AdamConfig
) -> tuple[Family, ...]:
    couplings: tuple[Coupling, ...] = ("published", "independent")
    return tuple(_family(one, embedding, schedule, control) for one in couplings)


PAPER = Config(
    _families(
        EmbeddingConfig(),
        Schedule(50_000, 2048, AdamConfig(1e-3, clip_norm=100.0), 500),
        AdamConfig(3e-4, b2=0.999, clip_norm=100.0),
    )
)
_SMALL = EmbeddingConfig(width=20, initialization=FanIn(0.02))
_QUICK = AdamConfig(4e-3, b2=0.999, clip_norm=100.0)
LAPTOP = Config(
    _families(_SMALL, Schedule(2000, 128, AdamConfig(4e-3, clip_norm=100.0), 100, 1000), _QUICK),
    final_batches=10,
)
SMOKE = Config(
    _families(_SMALL, Schedule(100, 32, AdamConfig(3e-3, clip_norm=100.0), 50, 100), _QUICK),
    grid_size=11,
    num_fits=1,
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
