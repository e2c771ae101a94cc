"""What several configurations refuse before anything is trained."""

from collections.abc import Sequence

from incontext.errors import Refusal
from incontext.experiments.sequences import TEST_BATCH
from incontext.models.transformer import TransformerConfig
from incontext.networks.layouts import Together
from incontext.networks.training import Training
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Kept


def check_final_batches(final_batches: int) -> None:
    """Refuse fewer than two batches, of which no standard error can be taken."""
    if final_batches < 2:
        raise Refusal(f"final_batches is {final_batches}; it must be at least 2.")


def check_one_output(task: LinearRegression) -> None:
    """Refuse several targets where weights are read as those of one."""
    if task.output_dim != 1:
        raise Refusal(f"output_dim is {task.output_dim}; this experiment reads one target.")


def check_num_seeds(name: str, num_seeds: int) -> None:
    """Refuse a share of the seeds that holds none."""
    if num_seeds < 1:
        raise Refusal(f"{name} is {num_seeds}; it must be at least 1.")


def check_linear_layers(training: Training) -> None:
    """Refuse anything but linear layers with one head, on whole tokens of linear regression."""
    network = training.network
    if not (
        isinstance(training.task, LinearRegression)
        and isinstance(training.layout, Together)
        and isinstance(network, TransformerConfig)
        and set(network.weightings) == {"linear"}
        and network.num_heads == 1
        and not any(network.layer_norm)
        and network.mlp_width is None
    ):
        raise Refusal(
            f"{training.name} is not made of linear layers with one head, on tokens that hold "
            "input and target of a linear regression; no other weights can be read here."
        )


def check_batches_of(name: str, size: int) -> None:
    """Refuse more than one batch of test sequences that are not whole batches."""
    if size < 1 or (size > TEST_BATCH and size % TEST_BATCH):
        raise Refusal(
            f"{name} is {size}; it must be at most {TEST_BATCH} or a multiple of {TEST_BATCH}."
        )


def check_kept(name: str, step: int, training: Training, *, whole: bool = True) -> None:
    """Refuse a step whose weights are not known afterwards, or, if `whole`, not all of them."""
    kept = training.kept if not (whole and training.kept.parts) else Kept()
    known = (0, *sorted(kept.steps), training.schedule.num_steps)
    if step not in known:
        raise Refusal(
            f"{name} is {step}; choose one of {', '.join(map(str, known))}, where {training.name} "
            "keeps its weights."
        )


def check_one_task(trainings: Sequence[Training]) -> None:
    """Refuse networks that are compared and have learned different tasks."""
    first, *others = trainings
    for other in others:
        if other.task != first.task:
            raise Refusal(
                f"{other.name} has another task than {first.name}; give all of them the same."
            )
