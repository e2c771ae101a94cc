"""Learners side by side: trained networks by seed, and algorithms without one.

Shapes: S seeds, B tasks, d_y outputs, F factors.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import squared_error
from incontext.errors import Refusal
from incontext.tasks.regression import rescale
from incontext.tasks.types import Batch, Prompt
from incontext.training.devices import over_seeds

NO_SEED = -1


class Learner(NamedTuple):
    """A named way to predict, once per training seed.

    predict: batch -> [S, ...] as the batch's targets, compiled once per shape of the batch.
    seeds: (-1,) for an algorithm.
    """

    name: str
    seeds: tuple[int, ...]
    predict: Callable[[Batch], Float[Array, "S ..."]]


def algorithm(name: str, predict: Callable[[Any], Array]) -> Learner:
    """A learner that is not trained."""
    return Learner(name, (NO_SEED,), jax.jit(lambda batch: predict(batch)[None]))


def network(
    name: str,
    predict: Callable[[PyTree, Any], Array],
    params: PyTree,
    seeds: Sequence[int],
) -> Learner:
    """A learner with parameters; every leaf of `params` has a leading seed axis."""

    def each(batch: Batch) -> Array:
        return over_seeds(lambda one: predict(one, batch))(params)

    return Learner(name, tuple(seeds), jax.jit(each))


def losses(learner: Learner, prompt: Prompt) -> Float[Array, "S B"]:
    """Half the squared error of every seed on every prompt."""
    return _errors(learner.predict(prompt), prompt)


@jax.jit
def _errors(predictions: Float[Array, "S B d_y"], prompt: Prompt) -> Float[Array, "S B"]:
    return jax.vmap(lambda y: squared_error(lambda _: y, prompt))(predictions)


def losses_by_scale(
    learner: Learner, prompt: Prompt, factors: Float[Array, " F"], *, of: str
) -> Float[Array, "F S"]:
    """Mean loss on the same prompts with inputs or targets scaled up or down.

    Raises:
        Refusal: if `of` is neither "inputs" nor "targets".

    Source: paper A, Figure 6.
    """
    if of not in ("inputs", "targets"):
        raise Refusal(f"of is {of!r}; use 'inputs' or 'targets'.")

    means = []
    for factor in factors:
        scaled = rescale(prompt, factor) if of == "inputs" else rescale(prompt, 1.0, factor)
        means.append(jnp.mean(losses(learner, scaled), axis=-1))
    return jnp.stack(means)
