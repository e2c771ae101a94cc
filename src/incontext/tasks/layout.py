"""Token layouts: how a prompt is written down for a Transformer.

Shapes: B prompts, N context examples, d inputs, d_y outputs, D token width.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.tasks.types import Prompt


def concatenate(
    prompt: Prompt, initial_weights: Float[Array, "d_y d"] | None = None
) -> Float[Array, "B M D"]:
    """One token per example, input and target side by side.

    e_i = (x_i, y_i) for i = 1 ... N, and e_{N+1} = (x_query, -W_0 x_query) last.
    The query's slot is empty (zero) for `initial_weights` W_0 = 0, the default.

    Returns:
        Tokens [B, N + 1, d + d_y].

    Source: paper A, Section 2, the tokens of Proposition 1.
    """
    slot = jnp.zeros_like(prompt.query_targets)
    if initial_weights is not None:
        slot = -jnp.einsum("yd,bd->by", initial_weights, prompt.query_inputs)
    inputs = jnp.concatenate([prompt.context_inputs, prompt.query_inputs[:, None]], axis=1)
    targets = jnp.concatenate([prompt.context_targets, slot[:, None]], axis=1)
    return jnp.concatenate([inputs, targets], axis=-1)


def interleave(prompt: Prompt, positions: Float[Array, "M P"]) -> Float[Array, "B M D"]:
    """Two tokens per example, input and target one after the other, with their position.

    x_1, (0, y_1), x_2, (0, y_2), ..., x_query: a target stands in the last channels of
    an otherwise empty token, and row m of `positions` is appended to token m.

    Returns:
        Tokens [B, M, d + P] with M = 2 N + 1.

    Raises:
        Refusal: if a target has more channels than an input, or there is not one
            position per token.

    Source: paper A, Section 4 and Figure 5.
    """
    batch, num_context, input_dim = prompt.context_inputs.shape
    output_dim, num_tokens = prompt.context_targets.shape[-1], 2 * num_context + 1
    if output_dim > input_dim:
        raise Refusal(
            f"targets have {output_dim} channels and inputs {input_dim}; a target must fit into "
            "a token that is as wide as an input."
        )
    if len(positions) != num_tokens:
        raise Refusal(
            f"there are {len(positions)} positions for {num_tokens} tokens; give one per token."
        )
    targets = jnp.pad(prompt.context_targets, ((0, 0), (0, 0), (input_dim - output_dim, 0)))
    pairs = jnp.stack([prompt.context_inputs, targets], axis=2)  # [B, N, 2, d]
    pairs = pairs.reshape(batch, 2 * num_context, input_dim)
    tokens = jnp.concatenate([pairs, prompt.query_inputs[:, None]], axis=1)
    repeated = jnp.broadcast_to(positions.astype(tokens.dtype), (batch, *positions.shape))
    return jnp.concatenate([tokens, repeated], axis=-1)
