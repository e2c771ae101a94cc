"""Learners side by side on fresh tasks, and on tasks unlike those of training."""

import dataclasses
from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.experiments import prompts, tables
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt, PromptTask
from incontext.training.evaluation import Estimate, mean_over_tasks


def final_loss(
    task: PromptTask, learner: Learner, *, batch_size: int, num_batches: int
) -> Estimate:
    """Loss of every seed on fresh tasks, the same for all learners, with its standard error."""
    estimate = jax.jit(
        lambda key: mean_over_tasks(
            lambda prompt: learners.losses(learner, prompt),
            lambda batch_key: task.sample(batch_size, key=batch_key),
            num_batches=num_batches,
            key=key,
        )
    )
    return estimate(prompts.evaluation_key(1))


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
        frames = [
            self._frame(learner, axis, of, prompt, factors)
            for axis, of, prompt, factors in self._axes(task)
            for learner in compared
        ]
        table = pd.concat(frames, ignore_index=True)
        table = table[np.isfinite(table["loss"])].reset_index(drop=True)
        return table[["axis", "model", "seed", "scale", "loss"]]

    def _axes(self, task: LinearRegression) -> list[tuple[str, str, Prompt, tuple[float, ...]]]:
        mixture = LinearRegression(task.num_context, task.input_dim, input_distribution="mixture")
        usual = task.sample(self.num_tasks, key=prompts.evaluation_key(2))
        other = mixture.sample(self.num_tasks, key=prompts.evaluation_key(3))
        axes = [
            ("inputs", "inputs", usual, self.inputs),
            ("targets", "targets", usual, self.targets),
            ("other distributions", "inputs", other, self.mixture),
        ]
        return [axis for axis in axes if axis[-1]]

    @staticmethod
    def _frame(
        learner: Learner, axis: str, of: str, prompt: Prompt, factors: tuple[float, ...]
    ) -> pd.DataFrame:
        measure = jax.jit(lambda p, f: learners.losses_by_scale(learner, p, f, of=of))
        loss = measure(prompt, jnp.asarray(factors))
        labels = {"scale": factors, "seed": learner.seeds}
        return tables.long(loss, labels, value="loss").assign(axis=axis, model=learner.name)
