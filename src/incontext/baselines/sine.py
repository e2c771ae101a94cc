"""What can be said about sines without a network: they are linear in two features.

Shapes: B prompts, N context examples, G inputs.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.baselines import gradient_descent
from incontext.tasks.types import Prompt


class SineReferences(NamedTuple):
    """Mean losses of three learners that know the features (sin x, cos x).

    zero: predicts zero.  mean: predicts the mean function of the family.
    one_step: starts at the mean function and takes the best gradient step.
    """

    zero: Float[Array, ""]
    mean: Float[Array, ""]
    one_step: Float[Array, ""]


def wave_features(inputs: Float[Array, "*shape 1"]) -> Float[Array, "*shape 2"]:
    """m(x) = (sin x, cos x), in which a sin(rho + x) = (a cos rho, a sin rho) . m(x)."""
    return jnp.concatenate([jnp.sin(inputs), jnp.cos(inputs)], axis=-1)


def in_features(prompt: Prompt) -> Prompt:
    """The same prompts with inputs replaced by their two features: linear regression."""
    return prompt._replace(
        context_inputs=wave_features(prompt.context_inputs),
        query_inputs=wave_features(prompt.query_inputs),
    )


def coefficients(prompt: Prompt) -> Float[Array, "B 2"]:
    """(a cos rho, a sin rho) of every prompt, by least squares on its examples."""

    def solve(features: Array, targets: Array) -> Array:
        return jnp.linalg.lstsq(features, targets[:, 0])[0]

    linear = in_features(prompt)
    return jax.vmap(solve)(linear.context_inputs, linear.context_targets)


def references(prompt: Prompt) -> SineReferences:
    """The three losses on a batch of prompts, mean function and step fitted to it."""
    linear = in_features(prompt)
    mean = jnp.mean(coefficients(prompt), axis=0)  # the mean function's coefficients
    shifted = linear._replace(
        context_targets=linear.context_targets - (linear.context_inputs @ mean)[..., None],
        query_targets=linear.query_targets - (linear.query_inputs @ mean)[..., None],
    )
    best = gradient_descent.one_step_losses(shifted, jnp.zeros(1))[1]
    half_square = jnp.mean(linear.query_targets**2) / 2
    after = gradient_descent.one_step_losses(shifted, jnp.stack([jnp.zeros(()), best]))[0]
    return SineReferences(half_square, after[0], after[1])
