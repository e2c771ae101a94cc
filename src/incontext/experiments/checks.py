"""What several configurations refuse before anything is trained."""

from incontext.experiments.sequences import TEST_BATCH
from incontext.tasks.regression import LinearRegression
from incontext.training.config import TrainingConfig


def check_final_batches(final_batches: int) -> None:
    """Refuse fewer than two batches, of which no standard error can be taken."""
    if final_batches < 2:
        raise ValueError(f"final_batches is {final_batches}; it must be at least 2.")


def check_one_output(task: LinearRegression) -> None:
    """Refuse several targets where weights are read as those of one."""
    if task.output_dim != 1:
        raise ValueError(f"output_dim is {task.output_dim}; this experiment reads one target.")


def check_batches_of(name: str, size: int) -> None:
    """Refuse more than one batch of test sequences that are not whole batches."""
    if size < 1 or (size > TEST_BATCH and size % TEST_BATCH):
        raise ValueError(
            f"{name} is {size}; it must be at most {TEST_BATCH} or a multiple of {TEST_BATCH}."
        )


def check_evaluated(name: str, step: int, training: TrainingConfig) -> None:
    """Refuse a step at which no metrics are taken."""
    if not 0 <= step <= training.num_steps or step % training.evaluate_every:
        raise ValueError(
            f"{name} is {step}; it must be a multiple of evaluate_every = "
            f"{training.evaluate_every}, at most num_steps = {training.num_steps}."
        )
