"""What a training run carries, and what it hands back."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import numpy as np
import optax
from jax import Array
from jaxtyping import Float, Int, Key, PyTree

Params = PyTree
Batch = PyTree


class Problem(NamedTuple):
    """What is to be trained: pure functions, no paper, no file.

    init(key) -> params; sample(key) -> batch; loss(params, batch) -> scalar,
    a mean over the tasks of the batch;
    evaluate(params, evaluation_batch) -> mapping from metric name to array.
    """

    init: Callable[[Key[Array, ""]], Params]
    sample: Callable[[Key[Array, ""]], Batch]
    loss: Callable[[Params, Batch], Float[Array, ""]]
    evaluate: Callable[[Params, Batch], Mapping[str, Array]]
    evaluation_batch: Batch


class TrainingState(NamedTuple):
    """Parameters and optimiser state; every leaf has a leading seed axis S."""

    params: Params
    optimizer_state: optax.OptState


class Trained(NamedTuple):
    """A finished run.

    params: leaves [S, ...].  steps [E] at which metrics were taken, 0 first.
    history: metric name -> [S, E, ...].
    """

    params: Params
    steps: Int[np.ndarray, " E"]
    history: dict[str, np.ndarray]


class SeedKeys(NamedTuple):
    """The two keys that a training seed stands for."""

    init: Key[Array, "..."]
    data: Key[Array, "..."]


def seed_keys(seed: int | Array) -> SeedKeys:
    """Keys of one training seed; adding a seed never changes another's."""
    return SeedKeys(*jax.random.split(jax.random.key(seed)))


class TrainingDivergedError(RuntimeError):
    """A training loss stopped being finite."""

    def __init__(self, seed: int, step: int) -> None:
        super().__init__(
            f"The training loss of seed {seed} is not finite at step {step}; "
            "lower the learning rate or the clipping bound."
        )
        self.seed, self.step = seed, step
