"""Ridge regression on a prompt: on its pairs alone, or on every token and the one after it.

Shapes: B prompts, N pairs, M tokens, n width.
"""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def fit_before(
    keys: Float[Array, "B N n"],
    values: Float[Array, "B N n"],
    queries: Float[Array, "B N n"],
    ridge: float | Array,
) -> Float[Array, "B N n"]:
    """Predictions Phi_i q_i with Phi_i fitted to the pairs before i; zero at the first.

    Phi_i = argmin 1/2 sum_{j < i} |v_j - Phi k_j|^2 + ridge/2 |Phi|^2
          = C_i (A_i + ridge I)^{-1},  C_i = sum_{j < i} v_j k_j^T,  A_i = sum_{j < i} k_j k_j^T.

    ridge: positive.
    """
    grams = _before(jnp.einsum("bti,btj->btij", keys, keys))
    crosses = _before(jnp.einsum("bti,btj->btij", values, keys))
    identity = jnp.eye(keys.shape[-1], dtype=keys.dtype)
    regular = grams + ridge * identity[None, None]
    factor = jax.scipy.linalg.cho_factor(regular)
    solved = jax.scipy.linalg.cho_solve(factor, queries[..., None])
    return (crosses @ solved)[..., 0]


def on_pairs(
    inputs: Float[Array, "B N n"], outputs: Float[Array, "B N n"], ridge: float | Array
) -> Float[Array, "B N n"]:
    """Ridge regression that knows which tokens are pairs, the answers y_1 ... y_N."""
    return fit_before(inputs, outputs, inputs, ridge)


def on_transitions(tokens: Float[Array, "B M n"], ridge: float | Array) -> Float[Array, "B M n"]:
    """Ridge regression from every token to the next, as for a sequence.

    On a prompt x_1, y_1, x_2, ... it fits x_i -> y_i and also y_i -> x_{i+1}, which says nothing.

    Source: paper B, Figure 8, "LSQ".
    """
    following = jnp.concatenate([tokens[:, 1:], jnp.zeros_like(tokens[:, :1])], axis=1)
    return fit_before(tokens, following, tokens, ridge)


def _before(products: Float[Array, "B N n n"]) -> Float[Array, "B N n n"]:
    """Sums of everything strictly before each position."""
    return jnp.pad(jnp.cumsum(products, axis=1), ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]
