"""Two layers written down: the first copies targets beside inputs, the second descends.

Shapes: N context examples, d inputs, d_y outputs, M = 2 N + 1 tokens, D token width.
"""

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal


def free_positions(num_context: int, output_dim: int) -> Float[Array, "M P"]:
    """One-hot positions of 2 N + 1 tokens with d_y empty channels after them.

    Raises:
        Refusal: if there is no example or no output.
    """
    if num_context < 1 or output_dim < 1:
        raise Refusal(
            f"num_context is {num_context} and output_dim {output_dim}; both must be at least 1."
        )
    return jnp.eye(2 * num_context + 1, 2 * num_context + 1 + output_dim)


def copy_then_descend(
    num_context: int, input_dim: int, output_dim: int, learning_rate: float | Array
) -> hk.Params:
    """Two linear layers that perform one gradient step on separate tokens.

    For tokens x_1, (0, y_1), ..., x_query with `free_positions`. Layer 0 scores
    e_n^T W_K^T W_Q e_m = 1 if m is an input and n = m + 1 its target, else 0, and
    writes y into the empty channels of x. Layer 1 is Proposition 1 on these tokens.

    Source: paper A, Proposition 3 and Section A.5; here the target goes to channels
    of its own instead of replacing the position, and targets do not copy.
    """
    num_tokens = 2 * num_context + 1
    width = input_dim + num_tokens + output_dim
    inputs = jnp.arange(0, num_tokens - 1, 2)  # positions of x_1 ... x_N
    free = jnp.arange(width - output_dim, width)
    target = jnp.arange(input_dim - output_dim, input_dim)
    empty = jnp.zeros((width, width))
    shift = empty.at[input_dim + inputs + 1, input_dim + inputs].set(1.0)
    copy = empty.at[free, target].set(1.0)
    compare = empty.at[jnp.arange(input_dim), jnp.arange(input_dim)].set(1.0)
    step = empty.at[free, free].set(-jnp.asarray(learning_rate) / num_context)
    return {"layer_0": _layer(shift, copy), "layer_1": _layer(compare, step)}


def _layer(key_query: Array, output_value: Array) -> dict[str, Array]:
    identity = jnp.eye(len(key_query))[None]
    return {
        "query": key_query[None],
        "key": identity,
        "value": identity,
        "output": output_value[None],
    }
