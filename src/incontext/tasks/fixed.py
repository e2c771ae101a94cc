"""Fixed batches for evaluation: the same in every run, and never used for training."""

import functools

import jax
from jax import Array
from jaxtyping import Key

from incontext.tasks.types import Batch, Task

EVALUATION_SEED = 2_000_000_000  # far above any training seed


def evaluation_key(purpose: int) -> Key[Array, ""]:
    """Key of fixed evaluation tasks, one per purpose, never used for training."""
    return jax.random.fold_in(jax.random.key(EVALUATION_SEED), purpose)


def fixed_batch(task: Task, size: int, purpose: int) -> Batch:
    """Tasks of one purpose, compiled once per task and size.

    Purpose 0 is the evaluation during training, 1 the test; others belong to one analysis each.
    Of a task that holds a part of its data out, such as a text, they are of that part.
    """
    task = getattr(task, "held_out", task)
    return _sample(task, size, evaluation_key(purpose))


@functools.partial(jax.jit, static_argnums=(0, 1))
def _sample(task: Task, size: int, key: Key[Array, ""]) -> Batch:
    return task.sample(size, key=key)
