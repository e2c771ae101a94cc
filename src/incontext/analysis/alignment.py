"""How alike two in-context learners are, on the same prompts.

Shapes: B prompts, d inputs, d_y outputs.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.tasks.types import Prompt

Predictor = Callable[[Prompt], Float[Array, "B d_y"]]


class Alignment(NamedTuple):
    """Three distances between two learners, each a mean over prompts.

    prediction_difference: |y_hat_1 - y_hat_2|.
    sensitivity_difference: |S_1 - S_2| with S = d y_hat / d x_query.
    cosine: of the angle between S_1 and S_2.
    """

    prediction_difference: Float[Array, ""]
    sensitivity_difference: Float[Array, ""]
    cosine: Float[Array, ""]


def squared_error(predict: Predictor, prompt: Prompt) -> Float[Array, " B"]:
    """Half the squared error of each prompt, 1/2 |y_hat - y|^2."""
    return 0.5 * jnp.sum((predict(prompt) - prompt.query_targets) ** 2, axis=-1)


def sensitivity(predict: Predictor, prompt: Prompt) -> Float[Array, "B d_y d"]:
    """Derivative of each prediction with respect to the query input.

    For a learner that predicts W x_query this is W itself, its implicit model.

    Source: paper A, Section 3, "sensitivities".
    """

    def total(query_inputs: Array, output: int) -> Array:
        return jnp.sum(predict(prompt._replace(query_inputs=query_inputs))[:, output])

    gradients = [
        jax.grad(total)(prompt.query_inputs, output)
        for output in range(prompt.query_targets.shape[-1])
    ]
    return jnp.stack(gradients, axis=1)


def align(first: Predictor, second: Predictor, prompt: Prompt) -> Alignment:
    """Alignment of two learners on a batch of prompts.

    Source: paper A, Section 3 and Figure 2.
    """
    outputs = first(prompt), second(prompt)
    slopes = sensitivity(first, prompt), sensitivity(second, prompt)
    products = jnp.sum(slopes[0] * slopes[1], axis=-1)
    norms = [jnp.linalg.norm(slope, axis=-1) for slope in slopes]
    tiny = jnp.finfo(products.dtype).tiny
    return Alignment(
        prediction_difference=jnp.mean(jnp.linalg.norm(outputs[0] - outputs[1], axis=-1)),
        sensitivity_difference=jnp.mean(jnp.linalg.norm(slopes[0] - slopes[1], axis=-1)),
        cosine=jnp.mean(products / jnp.maximum(norms[0] * norms[1], tiny)),
    )
