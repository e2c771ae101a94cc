"""Settings of the copying figure."""

import dataclasses

from incontext.errors import Refusal
from incontext.experiments import checks, expected
from incontext.experiments.regressions import adam
from incontext.models.attention import Weighting
from incontext.models.initialization import FanIn
from incontext.models.transformer import TransformerConfig
from incontext.networks.layouts import Apart
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Schedule

FIRST_LAYER = "layer_0"  # what is kept, at every evaluation


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure.

    circuit: two layers on separate tokens, the first with softmax, the second linear.
    linear_seeds: how many of the seeds also train the network with a linear first
    layer, for as many steps.
    sensitivity_tasks: prompts that derivatives are averaged over.
    final_batches: batches of fresh tasks for the final losses.

    Raises:
        Refusal: if the circuit is another network, its task has no closed form, its first layer
            is not kept at every evaluation, or a count is too small.
    """

    circuit: Training
    linear_seeds: int = 1
    sensitivity_tasks: int = 1000
    final_batches: int = 20

    def __post_init__(self) -> None:
        _check_circuit(self.circuit)
        expected.one_step(self.task)
        checks.check_final_batches(self.final_batches)
        for name in ("linear_seeds", "sensitivity_tasks"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")

    @property
    def task(self) -> LinearRegression:
        """What the circuit learns."""
        assert isinstance(self.circuit.task, LinearRegression)
        return self.circuit.task

    @property
    def linear(self) -> Training:
        """The same training with a linear first layer."""
        return dataclasses.replace(
            self.circuit, name="copying-linear", network=_network("linear", self.circuit.network)
        )


def _network(first: Weighting, like: object) -> TransformerConfig:
    assert isinstance(like, TransformerConfig)
    return dataclasses.replace(like, weightings=(first, *like.weightings[1:]))


def first_weighting(training: Training) -> Weighting:
    """Weighting of a network's first layer, which is what the two networks differ in."""
    assert isinstance(training.network, TransformerConfig)
    return training.network.weightings[0]


def _check_circuit(circuit: Training) -> None:
    """Refuse a network whose first layer cannot be followed, or is not kept to be followed."""
    network, kept = circuit.network, circuit.kept
    if not (
        isinstance(circuit.task, LinearRegression)
        and isinstance(circuit.layout, Apart)
        and isinstance(network, TransformerConfig)
        and network.weightings == ("softmax", "linear")
        and not any(network.layer_norm)
        and network.token_clip is None
        and network.mlp_width is None
    ):
        raise Refusal(
            f"{circuit.name} is not made of a softmax and a linear layer alone, on separate tokens "
            "of a linear regression; no other weights can be read here."
        )
    every = every_evaluation(circuit.schedule, FIRST_LAYER)
    if kept.steps != every.steps or (kept.parts and FIRST_LAYER not in kept.parts):
        raise Refusal(
            f"{circuit.name} keeps {kept.parts or 'all weights'} at {len(kept.steps)} steps; its "
            f"sensitivities need {FIRST_LAYER} after every {circuit.schedule.evaluate_every}."
        )


def _circuit(
    schedule: Schedule, position_dim: int, task: LinearRegression | None = None
) -> Training:
    network = TransformerConfig(weightings=("softmax", "linear"), initialization=FanIn(0.01))
    kept = every_evaluation(schedule, FIRST_LAYER)
    task, layout = task or LinearRegression(), Apart(position_dim)
    return Training("copying-softmax", task, layout, network, schedule, kept)


# Positions of 20 channels, as in the text; with 10, as in the authors' notebook, fewer seeds copy.
PAPER = Config(_circuit(Schedule(40_000, 2048, adam(1e-3), 500), position_dim=20))
_SMALL = LinearRegression(num_context=5, input_dim=3)
LAPTOP = Config(
    _circuit(Schedule(5000, 512, adam(3e-3), 100, 5000), position_dim=6, task=_SMALL),
    sensitivity_tasks=200,
)
SMOKE = dataclasses.replace(
    LAPTOP,
    circuit=_circuit(Schedule(100, 32, adam(5e-3), 50, 100), position_dim=6, task=_SMALL),
    sensitivity_tasks=20,
    final_batches=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
