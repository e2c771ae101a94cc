"""Token layouts: how a prompt is written down for a Transformer.

Shapes: B prompts, N context examples, d inputs, d_y outputs, D token width.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.tasks.types import Prompt


def concatenate(
    prompt: Prompt, initial_weights: Float[Array, "d_y d"] | None = None
) -> Float[Array, "B M D"]:
    """One token per example, input and target side by side.

    e_i = (x_i, y_i) for i = 1 ... N, and e_{N+1} = (x_query, -W_0 x_query) last.
    The query's slot is empty (zero) for `initial_weights` W_0 = 0, the default.

    Returns:
        Tokens [B, N + 1, d + d_y].

    Source: paper A, Section 2, "token construction".
    """
    slot = jnp.zeros_like(prompt.query_targets)
    if initial_weights is not None:
        slot = -jnp.einsum("yd,bd->by", initial_weights, prompt.query_inputs)
    inputs = jnp.concatenate([prompt.context_inputs, prompt.query_inputs[:, None]], axis=1)
    targets = jnp.concatenate([prompt.context_targets, slot[:, None]], axis=1)
    return jnp.concatenate([inputs, targets], axis=-1)
