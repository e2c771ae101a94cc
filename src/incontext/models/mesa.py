"""The mesa layer: attention that solves a ridge regression at every position.

Glossary of shapes: T positions, H heads, D key width, E value width, W token width.
"""

from typing import Literal

import haiku as hk
import jax.core
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.initialization import Initialization
from incontext.models.mesa_chunked import Chunked
from incontext.models.mesa_core import Regressions, mesa_core
from incontext.models.mesa_solvers import Cholesky, ConjugateGradient, Recursive, Solver

Method = Literal["recursive", "solve", "cg", "chunked"]


def mesa_attention(
    queries: Float[Array, "*B T H D"],
    keys: Float[Array, "*B T H D"],
    values: Float[Array, "*B T H E"],
    ridge_scale: Float[Array, " H"],
    *,
    forget: Float[Array, "..."] | None = None,
    method: Method | ConjugateGradient | Chunked = "recursive",
    chunk: int | None = None,
) -> Float[Array, "*B T H E"]:
    """Predict at every query with the best linear map from past keys to past values.

    o_t = Phi_t q_t,  Phi_t = argmin_Phi 1/2 sum_{s <= t} w(s, t) |v_s - Phi k_s|^2
                              + w(0, t) |Phi|^2 / (2 lambda),
    w(s, t) = prod_{s < r <= t} gamma_r; per head, the current pair included.
    lambda -> 0 gives linear attention times lambda.

    Args:
        ridge_scale: lambda of every head, positive: large means little regularisation.
        forget: gamma in (0, 1], broadcast to [*B, T, H]; None means 1.  The penalty is
            forgotten too, so keys that leave a direction out for long make the regression
            singular (a limit of the published layer): where fewer than four digits are left
            the output is NaN, for keys on a line from some 30 to 40 positions at gamma = 0.5 and
            190 to 240 at 0.9.
        method: "recursive" (Sherman-Morrison, least memory), "solve" (Cholesky, parallel in
            chunks of time), "cg" or a `ConjugateGradient` with its own stopping rule, "chunked"
            (a Cholesky factor per chunk, the fewest steps one after another).
        chunk: most positions of one chunk, for "chunked" only; its default is 16.  With strong
            forgetting short chunks are more accurate: an error of 1e-9 at gamma = 0.5 and 16.

    All methods compute in float64 and return the dtype of `queries`; they share one
    gradient, by implicit differentiation, described in `mesa_core`.  Keys of size 1,000 at
    lambda of 10 or more leave few digits of the gradient with respect to lambda.

    Raises:
        Refusal: if shapes do not fit, the sequence is empty, the method is unknown or has no
            chunk, or a concrete ridge_scale or forget is out of range (inside jit nothing is
            checked).

    Source: paper B, Equations 5 and 11, Appendices B and C; MesaNet for "cg"; `mesa_chunked`
    for "chunked".
    """
    _check_shapes(queries, keys, values, ridge_scale)
    _check_range("ridge_scale", ridge_scale, upper=np.inf)
    if forget is not None:
        _check_range("forget", forget, upper=1.0)
        forget = _flatten(jnp.broadcast_to(forget, queries.shape[:-1])[..., None])[..., 0]
    num_sequences = queries.size // (queries.shape[-3] * queries.shape[-1])
    ridge_scale = jnp.tile(ridge_scale, num_sequences // queries.shape[-2])
    regressions = Regressions(
        _flatten(queries), _flatten(keys), _flatten(values), ridge_scale, forget
    )
    outputs = mesa_core(_solver(method, chunk), regressions)
    *batch, length, heads, _ = values.shape
    return jnp.swapaxes(outputs.reshape(*batch, heads, length, -1), -3, -2)


class MesaAttention(hk.Module):
    """Multi-head mesa layer without biases.

    Parameters: query, key, value [H, K, W], output [H, W, K] and ridge_scale [H], which
    starts at 1 and is not constrained; published networks ended between 1 and 5.  Should one
    fall below zero, "recursive" and "solve" return NaN, which stops training.

    Raises:
        Refusal: if there is no head or no key dimension.

    Source: paper B, Equation 4.
    """

    def __init__(
        self,
        num_heads: int,
        key_size: int,
        initialization: Initialization,
        method: Method | ConjugateGradient | Chunked = "recursive",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if num_heads < 1 or key_size < 1:
            raise Refusal(
                f"num_heads is {num_heads} and key_size is {key_size}; both must be at least 1."
            )
        self.num_heads, self.key_size = num_heads, key_size
        self.initialization = initialization
        self.method: Method | ConjugateGradient | Chunked = method

    def __call__(
        self,
        tokens: Float[Array, "B T W"],
        addresses: Float[Array, "B T A"] | None = None,
        *,
        forget: Float[Array, "..."] | None = None,
    ) -> Float[Array, "B T W"]:
        """Update of every token; the caller adds it to the residual stream.

        Queries and keys are read from `addresses` (tokens with a positional encoding
        beside them, say), which default to the tokens; values always from the tokens.
        """
        addresses = tokens if addresses is None else addresses
        queries = self._project("query", addresses)
        keys = self._project("key", addresses)
        values = self._project("value", tokens)
        ridge_scale = hk.get_parameter("ridge_scale", (self.num_heads,), init=jnp.ones)
        mixtures = mesa_attention(
            queries, keys, values, ridge_scale, forget=forget, method=self.method
        )
        shape = (self.num_heads, tokens.shape[-1], self.key_size)
        outward = self.initialization.for_fan_in(self.num_heads * self.key_size)
        output = hk.get_parameter("output", shape, init=outward)
        return jnp.einsum("bthk,hwk->btw", mixtures, output)

    def _project(self, name: str, tokens: Float[Array, "B T W"]) -> Float[Array, "B T H K"]:
        width = tokens.shape[-1]
        inward = self.initialization.for_fan_in(width)
        weights = hk.get_parameter(name, (self.num_heads, self.key_size, width), init=inward)
        return jnp.einsum("btw,hkw->bthk", tokens, weights)


def _flatten(array: Float[Array, "*B T H D"]) -> Float[Array, "N T D"]:
    """Heads and batch in one leading axis, heads fastest."""
    return jnp.swapaxes(array, -3, -2).reshape(-1, array.shape[-3], array.shape[-1])


def _solver(method: Method | ConjugateGradient | Chunked, chunk: int | None) -> Solver:
    if chunk is not None:
        if method != "chunked":
            raise Refusal(f"chunk is {chunk} and method {method!r}; only 'chunked' has chunks.")
        return Chunked(chunk)
    if isinstance(method, ConjugateGradient | Chunked):
        return method
    solvers: dict[str, Solver] = {
        "recursive": Recursive(),
        "solve": Cholesky(),
        "cg": ConjugateGradient(),
        "chunked": Chunked(),
    }
    if method not in solvers:
        raise Refusal(
            f"method is {method!r}; use 'recursive', 'solve', 'cg', 'chunked', a "
            "ConjugateGradient or a Chunked."
        )
    return solvers[method]


def _check_shapes(queries: Array, keys: Array, values: Array, ridge_scale: Array) -> None:
    if queries.ndim < 3 or queries.shape != keys.shape or keys.shape[:-1] != values.shape[:-1]:
        raise Refusal(
            f"queries {queries.shape}, keys {keys.shape} and values {values.shape} must share "
            "[..., T, H], and queries and keys their width."
        )
    if 0 in queries.shape:
        raise Refusal(f"queries have shape {queries.shape}; every axis needs an element.")
    if ridge_scale.shape != queries.shape[-2:-1]:
        raise Refusal(
            f"ridge_scale has shape {ridge_scale.shape}; give one number per head, "
            f"{queries.shape[-2:-1]}."
        )


def _check_range(name: str, numbers: Array, *, upper: float) -> None:
    if isinstance(numbers, jax.core.Tracer):
        return
    concrete = np.asarray(numbers, np.float64)
    refused = ~(np.isfinite(concrete) & (concrete > 0) & (concrete <= upper))
    if refused.any():
        constraint = "positive and finite" if upper == np.inf else f"above 0 and at most {upper}"
        raise Refusal(f"{name} holds {concrete[refused].flat[0]}; it must be {constraint}.")
