"""What a training run carries, and what it hands back."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
import optax
from jax import Array
from jaxtyping import Float, Int, Key, PyTree

from incontext.errors import Refusal

Params = PyTree
Batch = PyTree


class Problem(NamedTuple):
    """What is to be trained: pure functions, no paper, no file.

    init(key) -> params; sample(key) -> batch; loss(params, batch) -> scalar,
    a mean over the tasks of the batch.
    """

    init: Callable[[Key[Array, ""]], Params]
    sample: Callable[[Key[Array, ""]], Batch]
    loss: Callable[[Params, Batch], Float[Array, ""]]
    evaluation_batch: Batch


class TrainingState(NamedTuple):
    """Parameters and optimiser state; every leaf has a leading seed axis S."""

    params: Params
    optimizer_state: optax.OptState


class Trained(NamedTuple):
    """A finished training.

    params: leaves [S, ...].  steps [E] at which the loss was taken, 0 first.
    losses: [S, E].  kept: step -> weights on the way in half precision, leaves [S, ...].
    """

    params: Params
    steps: Int[np.ndarray, " E"]
    losses: Float[np.ndarray, "S E"]
    kept: dict[int, PyTree]


class SeedKeys(NamedTuple):
    """The two keys that a training seed stands for."""

    init: Key[Array, "..."]
    data: Key[Array, "..."]


def seed_keys(seed: int | Array) -> SeedKeys:
    """Keys of one training seed; adding a seed never changes another's."""
    return SeedKeys(*jax.random.split(jax.random.key(seed)))


class TrainingDivergedError(Refusal):
    """A training loss stopped being finite."""

    def __init__(self, seed: int, step: int) -> None:
        super().__init__(
            f"The training loss of seed {seed} is not finite at step {step}; "
            "lower the learning rate or the clipping bound."
        )
        self.seed, self.step = seed, step
