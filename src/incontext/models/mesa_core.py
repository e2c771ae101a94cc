"""The mesa layer as a differentiable function of flat arrays, computed in float64.

With x_t = (G_t + rho_t I)^{-1} q_t the layer is o_t = sum_{s <= t} w(s, t) v_s (k_s . x_t).
Its gradient needs no inverse that the forward pass has not met.  For g_t = dL/do_t:

    y_t  = (G_t + rho_t I)^{-1} sum_{s <= t} w(s, t) k_s (v_s . g_t)       = dL/dq_t
    dL/dv_s = sum_{t >= s} w(s, t) g_t (x_t . k_s)
    dL/dk_s = sum_{t >= s} w(s, t) [x_t (g_t . v_s) - x_t (y_t . k_s) - y_t (x_t . k_s)]
    dL/dlambda = lambda^{-2} sum_t w(0, t) x_t . y_t

so the backward pass runs the same solver once more, forwards in time, on another right-hand
side (a solver that factors its systems keeps the factor), and then sums over the future.  The
published backward pass (paper B, Equation 32) instead undoes the Sherman-Morrison recursion,
R_{t-1} from R_t, which divides by 1 - k_t^T R_t k_t = 1 / (1 + k_t^T R_{t-1} k_t), a difference
of nearly equal numbers whenever lambda |k|^2 is large.  Undone from t = 512 to 0 at lambda =
1000 (D = 20), R_0 was wrong by 20 to 100 % in float32 and, for nearly collinear keys, by 5e-4 in
float64.  Nothing is undone here.  Both ways store O(T D) numbers and carry O(D^2).

Why float64 inside, whatever comes in: o_t contains k_s . x_t, where x_t may be as large as
lambda |q_t| in directions that no key has excited and that cancel in the product.  In float32,
at lambda = 1000 and T = 512, outputs of every recursion tried (inverse, square root, Gram
matrix) were off by 0.4 % for independent keys and by a quarter or more for nearly collinear
ones; with float64 inside, by the last rounding, 6e-8.

Glossary of shapes: N independent sequences (batch times heads), T positions, D key width,
E value width.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_batching import custom_vmap
from jaxtyping import Float, PyTree

from incontext.models.causal_product import anticausal_product, causal_product
from incontext.models.mesa_solvers import Solver, Systems


class Regressions(NamedTuple):
    """One growing regression per sequence; forget is gamma, None for gamma = 1."""

    queries: Float[Array, "N T D"]
    keys: Float[Array, "N T D"]
    values: Float[Array, "N T E"]
    ridge_scale: Float[Array, " N"]
    forget: Float[Array, "N T"] | None

    @property
    def systems(self) -> Systems:
        """The linear systems that the queries are the right-hand sides of."""
        log_forget = None if self.forget is None else jnp.log(self.forget)
        return Systems(self.keys, self.ridge_scale, log_forget)


_Saved = tuple[Regressions, Array, PyTree]  # with the solutions and the solver's factor


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def mesa_core(solver: Solver, regressions: Regressions) -> Float[Array, "N T E"]:
    """Ridge regression of past values on past keys, evaluated at every query.

    Source: paper B, Equations 10 to 12.
    """
    return _forward(solver, regressions)[0]


def _forward(solver: Solver, regressions: Regressions) -> tuple[Array, _Saved]:
    outputs, solutions, factor = _in_float64(partial(_evaluate, solver))(regressions)
    return outputs, (regressions, solutions, factor)


def _backward(
    solver: Solver, saved: _Saved, output_slopes: Float[Array, "N T E"]
) -> tuple[Regressions]:
    return (_in_float64(partial(_slopes, solver))(*saved, output_slopes),)


mesa_core.defvjp(_forward, _backward)


def _in_float64(function: Callable[..., Any]) -> Callable[..., Any]:
    """Trace `function` with float64 enabled, and let vmap join its axis to the sequences.

    A rule of our own for vmap, because JAX's would rewrite the products of a traced
    function later, outside this context, and narrow them to float32.
    """

    def narrow_outside(*arguments: Any) -> Any:  # noqa: ANN401
        with jax.enable_x64(True):
            mapped = custom_vmap(function)
            mapped.def_vmap(join_axis)
            return mapped(*arguments)

    def join_axis(size: int, batched: Any, *arguments: Any) -> tuple[Any, Any]:  # noqa: ANN401
        with jax.enable_x64(True):

            def join(array: Array, is_batched: bool) -> Array:
                if not is_batched:
                    array = jnp.broadcast_to(array[None], (size, *array.shape))
                return array.reshape(-1, *array.shape[2:])

            found = narrow_outside(*jax.tree.map(join, tuple(arguments), tuple(batched)))
            found = jax.tree.map(lambda array: array.reshape(size, -1, *array.shape[1:]), found)
            return found, jax.tree.map(lambda _: True, found)

    return narrow_outside


def _evaluate(solver: Solver, regressions: Regressions) -> tuple[Array, Array, PyTree]:
    """Outputs in the dtype of the queries; solutions and factor behind them in float64."""
    wide = _widen(regressions)
    factor = solver.factor(wide.systems)
    solutions = solver.solve(wide.systems, factor, wide.queries)
    outputs = causal_product(solutions, wide.keys, wide.values, wide.systems.log_forget)
    return outputs.astype(regressions.queries.dtype), solutions, factor


def _slopes(
    solver: Solver, regressions: Regressions, solutions: Array, factor: PyTree, slopes: Array
) -> Regressions:
    """The gradient with respect to every input, by the formulas above."""
    wide = _widen(regressions)
    _, keys, values, ridge_scale, forget = wide
    systems, slopes = wide.systems, slopes.astype(solutions.dtype)
    after = partial(anticausal_product, log_forget=systems.log_forget)
    right_sides = causal_product(slopes, values, keys, systems.log_forget)
    adjoints = solver.solve(systems, factor, right_sides)
    both = after(keys, solutions, jnp.concatenate([slopes, adjoints], axis=-1))
    value_slopes, gram_slopes = jnp.split(both, [values.shape[-1]], axis=-1)
    gram_slopes = -gram_slopes - after(keys, adjoints, solutions)
    ridge_slopes = jnp.sum(systems.penalties * solutions * adjoints, axis=(1, 2)) / ridge_scale
    forget_slopes = None
    if forget is not None:
        # d/d log gamma_r collects every pair s < r <= t.  Over a row (all s <= t, penalty
        # included) the two parts of the gradient cancel, which leaves the columns s >= r.
        columns = jnp.sum(values * value_slopes, -1) + 0.5 * jnp.sum(keys * gram_slopes, -1)
        forget_slopes = -jnp.flip(jnp.cumsum(jnp.flip(columns, 1), axis=1), 1) / forget
    key_slopes = gram_slopes + after(values, slopes, solutions)
    found = Regressions(adjoints, key_slopes, value_slopes, ridge_slopes, forget_slopes)
    return jax.tree.map(lambda slope, given: slope.astype(given.dtype), found, regressions)


def _widen(regressions: Regressions) -> Regressions:
    return jax.tree.map(lambda array: array.astype(jnp.float64), regressions)
