"""Loss of equal gradient steps for many step sizes, on the same prompts.

All step sizes take their steps side by side, so that the small matrix of one prompt meets a
wide one; prompts come in blocks that fit a processor's cache.

Shapes: B prompts, N context examples, d inputs, d_y outputs, K steps, S step sizes.
"""

import functools

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.tasks.types import Prompt

_NUMBERS_AT_ONCE = 2**18


@functools.partial(jax.jit, static_argnames=("num_steps", "bound"))
def equal_step_losses(
    prompt: Prompt, step_sizes: Float[Array, " S"], num_steps: int, bound: float | None = None
) -> Float[Array, " S"]:
    """Mean loss of K steps of gradient descent from W_0 = 0, for every step size s = eta / N.

    r_0 = y,  y_hat_0 = 0;  y_hat <- y_hat + s sum_n r_n (x_n . x_query),
    r_m <- r_m - s sum_n r_n (x_n . x_m);  loss = 1/2 |y_hat_K - y_query|^2.
    With `bound`, residuals and prediction are clipped to +-bound after every step, as in
    `gdpp.predict` for inputs within the bound.

    Source: paper A, Equations 2 to 4: the step taken by the N residuals instead of the d weights.
    """
    batch, num_context, _ = prompt.context_inputs.shape
    per_prompt = num_context * len(step_sizes) * prompt.query_targets.shape[-1]
    limit = max(1, min(batch, _NUMBERS_AT_ONCE // per_prompt))
    size = next(size for size in range(limit, 0, -1) if batch % size == 0)
    blocks = jax.tree.map(lambda leaf: leaf.reshape(-1, size, *leaf.shape[1:]), prompt)
    sums = jax.lax.map(lambda block: _summed(block, step_sizes, num_steps, bound), blocks)
    return jnp.sum(sums, axis=0) / batch


def _summed(prompt: Prompt, step_sizes: Array, num_steps: int, bound: float | None) -> Array:
    inputs, targets = prompt.context_inputs, prompt.context_targets
    gram = jnp.einsum("bmd,bnd->bmn", inputs, inputs)
    overlap = jnp.einsum("bnd,bd->bn", inputs, prompt.query_inputs)
    count = len(step_sizes)

    def clip(array: Array) -> Array:
        return array if bound is None else jnp.clip(array, -bound, bound)

    def step(state: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        residuals, prediction = state  # [B, N, d_y, S], [B, d_y, S]
        change = step_sizes[None, None] * jnp.einsum("bn,bnys->bys", overlap, residuals)
        moved = step_sizes[None, None, None] * jnp.einsum("bmn,bnys->bmys", gram, residuals)
        return (clip(residuals - moved), clip(prediction + change)), None

    residuals = jnp.broadcast_to(targets[..., None], (*targets.shape, count))
    prediction = jnp.zeros((*prompt.query_targets.shape, count))
    (_, prediction), _ = jax.lax.scan(step, (residuals, prediction), None, length=num_steps)
    errors = prediction - prompt.query_targets[..., None]
    return 0.5 * jnp.sum(errors**2, axis=(0, 1))
