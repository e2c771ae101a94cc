"""Trained networks: one seed as it lies in a file, several seeds side by side for analyses.

Shapes: S seeds, E evaluations, K kept steps, B tasks.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PyTree

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.errors import Refusal
from incontext.networks.training import Training
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Batch
from incontext.training.devices import over_seeds
from incontext.training.state import Trained, seed_keys

CHECK_PURPOSE = 9_000  # of the fresh tasks of `TrainedNetwork.check`
CHECK_ERRORS = 5.0  # standard errors that a check allows


class Check(NamedTuple):
    """Loss on fresh tasks beside the recorded one, and the standard error of their difference."""

    recorded: float
    found: float
    standard_error: float

    @property
    def passed(self) -> bool:
        """Whether the two agree within five standard errors of their difference."""
        return abs(self.found - self.recorded) <= CHECK_ERRORS * self.standard_error


@dataclasses.dataclass(frozen=True)
class TrainedNetwork:
    """One training with one seed.

    params: final weights.  steps, losses [E]: the loss curve.
    kept: step -> weights on the way, in half precision.
    header: what made it, see `incontext.networks.store`.
    """

    training: Training
    seed: int
    params: PyTree
    steps: Int[np.ndarray, " E"]
    losses: Float[np.ndarray, " E"]
    kept: Mapping[int, PyTree]
    header: Mapping[str, Any]

    def __call__(self, batch: Batch) -> Float[Array, "..."]:
        """Predictions on a batch of tasks, shaped as `batch.targets`."""
        return self.training.function().predict(self.params, batch)

    def at(self, step: int) -> PyTree:
        """Weights after some steps; of the kept modules only where not all are.

        Raises:
            Refusal: if weights were not kept there.
        """
        return jax.tree.map(lambda leaf: leaf[0], stack(self.training, [self]).at(step))

    def check(self) -> Check:
        """Find the recorded loss again: on the tasks of the curve, and on fresh ones.

        Raises:
            Refusal: if the loss on the tasks of the curve is not the recorded one within one
                part in a thousand, so that the weights cannot be those of the curve.
        """
        recorded = float(self.losses[-1])
        known = _errors(self, self.training.evaluation_batch())
        same = float(jnp.mean(known))
        if not abs(same - recorded) <= 1e-3 * abs(recorded) + 1e-7:
            raise Refusal(
                f"{self.training.name}, seed {self.seed}: the loss of these weights is {same:.6g}, "
                f"recorded is {recorded:.6g}; they do not belong together."
            )
        size = self.training.schedule.evaluation_size
        fresh = _errors(self, fixed_batch(self.training.task, size, CHECK_PURPOSE))
        # Of both draws: one large error raises a mean and its spread alike, wherever it falls.
        variance = jnp.var(known) / known.size + jnp.var(fresh) / fresh.size
        return Check(recorded, float(jnp.mean(fresh)), float(jnp.sqrt(variance)))


def _errors(network: TrainedNetwork, batch: Batch) -> Float[Array, " B"]:
    made = network.training.function().errors
    errors = jax.jit(lambda one: made(network(one), one.targets))(batch)
    return jnp.mean(errors.reshape(errors.shape[0], -1), axis=1)


@dataclasses.dataclass(frozen=True)
class Networks:
    """One training with several seeds; every leaf of `params` has a leading seed axis.

    steps [E], losses [S, E]: the loss curves.
    kept: step -> weights on the way in half precision, leaves [S, ...].
    """

    training: Training
    seeds: tuple[int, ...]
    params: PyTree
    steps: Int[np.ndarray, " E"]
    losses: Float[np.ndarray, "S E"]
    kept: Mapping[int, PyTree]

    def predict(self, params: PyTree, batch: Batch) -> Float[Array, "..."]:
        """Predictions of the parameters of one seed."""
        return self.training.function().predict(params, batch)

    def learner(self, name: str) -> Learner:
        """The networks as a learner, one prediction per seed."""
        return learners.network(name, self.training.function().predict, self.params, self.seeds)

    def only(self, seeds: Sequence[int]) -> "Networks":
        """Those with these of its seeds, in this order."""
        rows = np.asarray([self.seeds.index(seed) for seed in seeds], int)
        return dataclasses.replace(
            self,
            seeds=tuple(seeds),
            params=jax.tree.map(lambda leaf: leaf[rows], self.params),
            losses=self.losses[rows],
            kept={
                step: jax.tree.map(lambda leaf: leaf[rows], weights)
                for step, weights in self.kept.items()
            },
        )

    def first(self, count: int) -> "Networks":
        """Those with the first so many seeds."""
        return self.only(self.seeds[:count])

    def beginning(self, num_steps: int) -> "Networks":
        """The networks as they stood after some of their steps, where weights were kept.

        Raises:
            Refusal: if they were not.
        """
        passed = self.steps <= num_steps
        kept = {step: weights for step, weights in self.kept.items() if step < num_steps}
        return dataclasses.replace(
            self,
            params=self.at(num_steps),
            steps=self.steps[passed],
            losses=self.losses[:, passed],
            kept=kept,
        )

    @property
    def kept_steps(self) -> tuple[int, ...]:
        """Steps whose weights are known: the first, those kept, the last."""
        return (0, *sorted(self.kept), int(self.steps[-1]))

    def at(self, step: int) -> PyTree:
        """Weights of every seed after some steps; of the kept modules only where not all are.

        Raises:
            Refusal: if weights were not kept there.
        """
        if step == self.steps[-1]:
            return self.params
        if step == 0:
            starts = [self.training.function().init(seed_keys(seed).init) for seed in self.seeds]
            return jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
        if step not in self.kept:
            raise Refusal(f"step is {step}; weights are known at {self.kept_steps}.")
        return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), self.kept[step])

    def along(self, measure: Callable[[PyTree], Mapping[str, Array]]) -> dict[str, np.ndarray]:
        """Measure the weights of every seed at `kept_steps`: name -> [S, K, ...]."""
        each = jax.jit(over_seeds(measure))
        found = [jax.tree.map(np.asarray, each(self.at(step))) for step in self.kept_steps]
        return {name: np.stack([one[name] for one in found], axis=1) for name in found[0]}


def stack(training: Training, trained: Sequence[TrainedNetwork]) -> Networks:
    """Networks of one training side by side; weights on the way that all of them have.

    Raises:
        Refusal: if there is none.
    """
    if not trained:
        raise Refusal(
            f"{training.name} is not trained with any seed; train it with "
            f"'incontext train {training.name}'."
        )
    steps = set.intersection(*(set(one.kept) for one in trained))

    def side_by_side(trees: Sequence[PyTree]) -> PyTree:
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)

    def halves(trees: Sequence[PyTree]) -> PyTree:
        return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)

    return Networks(
        training,
        tuple(one.seed for one in trained),
        side_by_side([one.params for one in trained]),
        trained[0].steps,
        np.stack([one.losses for one in trained]),
        {
            step: jax.tree.map(
                lambda *leaves: np.stack(leaves), *(one.kept[step] for one in trained)
            )
            for step in sorted(steps)
        },
    )


def of(training: Training, seeds: Sequence[int], trained: Trained) -> Networks:
    """What `fit` has trained, as networks."""
    return Networks(training, tuple(seeds), *trained)
