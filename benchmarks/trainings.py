"""Every training that an experiment is made of, as a problem that has not been trained.

The experiments' own code builds the problems; in place of the training loop stands one that
notes what it was asked to train and hands the untrained parameters back.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import optax

from incontext import experiments
from incontext.experiments import prompts, sequences, step_sizes
from incontext.experiments.deep_linear import model as deep
from incontext.experiments.sine import model as sine
from incontext.training.config import TrainingConfig
from incontext.training.state import Problem, Trained
from incontext.training.workspace import Workspace

TUNING = "gdpp"  # in the name of a training that tunes an algorithm and has one seed


class Training(NamedTuple):
    """One training: what is trained, for how long, and with how many seeds by default."""

    name: str
    problem: Problem
    optimizer: optax.GradientTransformation
    num_steps: int
    evaluate_every: int
    seeds: tuple[int, ...]

    @property
    def num_evaluations(self) -> int:
        """How often metrics are taken, the start included."""
        return self.num_steps // self.evaluate_every + 1

    @property
    def is_tuning(self) -> bool:
        """Whether it tunes an algorithm, once, whatever the number of seeds."""
        return TUNING in self.name


def of(experiment: str, preset: str) -> list[Training]:
    """All trainings of an experiment at a preset, in the order in which it runs them."""
    found = experiments.get(experiment)
    seeds = range(found.num_seeds[preset])
    with _noted() as trainings:
        found.train(found.presets[preset], seeds=tuple(seeds), workspace=Workspace())
    return trainings


@contextlib.contextmanager
def _noted() -> Iterator[list[Training]]:
    noted: list[Training] = []

    def train(
        problem: Problem,
        training: TrainingConfig,
        *,
        seeds: Sequence[int],
        name: str = "training",
        workspace: Workspace | None = None,
        optimizer: optax.GradientTransformation | None = None,
    ) -> Trained:
        del workspace
        chosen = optimizer or training.optimizer.build()
        noted.append(
            Training(
                name, problem, chosen, training.num_steps, training.evaluate_every, tuple(seeds)
            )
        )
        start = problem.init(jax.random.key(0))
        stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * len(seeds)), start)
        steps = np.arange(0, training.num_steps + 1, training.evaluate_every)
        metrics = jax.eval_shape(problem.evaluate, start, problem.evaluation_batch)
        history = {
            name: np.zeros((len(seeds), len(steps), *leaf.shape)) for name, leaf in metrics.items()
        }
        return Trained(stacked, steps, history)

    with contextlib.ExitStack() as stack:
        for module in (prompts, sequences, step_sizes, sine, deep):
            stack.enter_context(mock.patch.object(module, "train", train))
        yield noted
