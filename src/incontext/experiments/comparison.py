"""Learners side by side on fresh tasks, and on tasks unlike those of training."""

import dataclasses
from collections.abc import Iterable, Sequence

import jax.numpy as jnp
import numpy as np
import pandas as pd

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.experiments import tables
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt, PromptTask
from incontext.training.evaluation import Estimate, mean_over_tasks


def final_loss(
    task: PromptTask, learner: Learner, *, batch_size: int, num_batches: int
) -> Estimate:
    """Loss of every seed on fresh tasks, the same for all learners, with its standard error."""
    return final_losses(task, [learner], batch_size=batch_size, num_batches=num_batches)[0]


def final_losses(
    task: PromptTask, compared: Sequence[Learner], *, batch_size: int, num_batches: int
) -> list[Estimate]:
    """`final_loss` of several learners on the same batches."""
    means, errors = mean_over_tasks(
        lambda prompt: jnp.concatenate([learners.losses(one, prompt) for one in compared]),
        lambda key: task.sample(batch_size, key=key),
        num_batches=num_batches,
        key=evaluation_key(1),
    )
    ends = np.cumsum([len(one.seeds) for one in compared])[:-1]
    pairs = zip(np.split(means, ends), np.split(errors, ends), strict=True)
    return [Estimate(*pair) for pair in pairs]


def loss_table(compared: Sequence[Learner], estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Columns model, seed, loss, standard_error."""
    frames = [
        pd.DataFrame(
            {
                "model": learner.name,
                "seed": learner.seeds,
                "loss": np.asarray(estimate.mean),
                "standard_error": np.asarray(estimate.standard_error),
            }
        )
        for learner, estimate in zip(compared, estimates, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


@dataclasses.dataclass(frozen=True)
class ScaleSweep:
    """Factors by which inputs, targets and inputs of other distributions are scaled.

    num_tasks: prompts that every factor is measured on, the same for all.

    Source: paper A, Figure 6.
    """

    inputs: tuple[float, ...]
    targets: tuple[float, ...] = ()
    mixture: tuple[float, ...] = ()
    num_tasks: int = 10_000

    def table(self, task: LinearRegression, compared: Iterable[Learner]) -> pd.DataFrame:
        """Loss of every learner: columns axis, model, seed, scale, loss.

        A curve that overflows keeps its finite rows only.
        """
        compared = list(compared)
        frames = []
        for axis, of, prompt, factors in self._axes(task):
            for learner in compared:
                loss = learners.losses_by_scale(learner, prompt, jnp.asarray(factors), of=of)
                labels = {"scale": factors, "seed": learner.seeds}
                frame = tables.long(loss, labels, value="loss")
                frames.append(frame.assign(axis=axis, model=learner.name))
        table = pd.concat(frames, ignore_index=True)
        table = table[np.isfinite(table["loss"])].reset_index(drop=True)
        return table[["axis", "model", "seed", "scale", "loss"]]

    def _axes(self, task: LinearRegression) -> list[tuple[str, str, Prompt, tuple[float, ...]]]:
        mixture = dataclasses.replace(task, input_distribution="mixture")
        usual = task.sample(self.num_tasks, key=evaluation_key(2))
        other = mixture.sample(self.num_tasks, key=evaluation_key(3))
        axes = [
            ("inputs", "inputs", usual, self.inputs),
            ("targets", "targets", usual, self.targets),
            ("other distributions", "inputs", other, self.mixture),
        ]
        return [axis for axis in axes if axis[-1]]


def add_scaled(
    scales: pd.DataFrame, axis: str, scale: float, rows: tables.MetricRows, prefix: str = ""
) -> None:
    """Loss of every learner of a sweep at one factor, such as trained_loss_at_inputs_2."""
    at = scales[(scales["axis"] == axis) & np.isclose(scales["scale"], scale)]
    for model, part in at.groupby("model", sort=False):
        name = f"{prefix}{tables.slug(str(model))}_loss_at_{tables.slug(axis)}_{scale:g}"
        rows.add(name, part["loss"], part["seed"])
