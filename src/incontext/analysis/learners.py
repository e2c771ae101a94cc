"""Learners side by side: trained networks by seed, and algorithms without one.

Shapes: S seeds, B prompts, d_y outputs, F factors.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import Predictor, squared_error
from incontext.tasks.regression import rescale
from incontext.tasks.types import Prompt

NO_SEED = -1


class Learner(NamedTuple):
    """A named way to predict, once per training seed.

    predict: prompt -> [S, B, d_y], compiled once per shape of the prompt.
    seeds: (-1,) for an algorithm.
    """

    name: str
    seeds: tuple[int, ...]
    predict: Callable[[Prompt], Float[Array, "S B d_y"]]


def algorithm(name: str, predict: Predictor) -> Learner:
    """A learner that is not trained."""
    return Learner(name, (NO_SEED,), jax.jit(lambda prompt: predict(prompt)[None]))


def network(
    name: str,
    predict: Callable[[PyTree, Prompt], Float[Array, "B d_y"]],
    params: PyTree,
    seeds: Sequence[int],
) -> Learner:
    """A trained network; every leaf of `params` has a leading seed axis."""

    def each(prompt: Prompt) -> Array:
        return jax.vmap(lambda one: predict(one, prompt))(params)

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
        ValueError: if `of` is neither "inputs" nor "targets".

    Source: paper A, Figure 6.
    """
    if of not in ("inputs", "targets"):
        raise ValueError(f"of is {of!r}; use 'inputs' or 'targets'.")

    means = []
    for factor in factors:
        scaled = rescale(prompt, factor) if of == "inputs" else rescale(prompt, 1.0, factor)
        means.append(jnp.mean(losses(learner, scaled), axis=-1))
    return jnp.stack(means)
