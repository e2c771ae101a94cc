"""Means over more tasks than fit in memory at once."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key, PyTree

from incontext.errors import Refusal


class Estimate(NamedTuple):
    """A mean over independent tasks and its standard error."""

    mean: Float[Array, "..."]
    standard_error: Float[Array, "..."]


def mean_over_tasks(
    values: Callable[[PyTree], Float[Array, "... B"]],
    sample: Callable[[Key[Array, ""]], PyTree],
    *,
    num_batches: int,
    key: Key[Array, ""],
) -> Estimate:
    """Mean of `values(batch)` over num_batches batches of independent tasks.

    One batch is in memory at a time.  Batch means are averaged; with M batches the
    standard error is sd(batch means) / sqrt(M).

    Raises:
        Refusal: if there are fewer than two batches.
    """
    if num_batches < 2:
        raise Refusal(f"num_batches is {num_batches}; at least 2 are needed for an error bar.")

    keys = jax.random.split(key, num_batches)
    means = jnp.stack([jnp.mean(values(sample(one)), axis=-1) for one in keys])
    spread = jnp.std(means, axis=0, ddof=1)
    return Estimate(jnp.mean(means, axis=0), spread / jnp.sqrt(num_batches))
