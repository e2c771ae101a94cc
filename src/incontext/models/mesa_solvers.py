"""Three ways to solve the ridge regression systems of every position; a fourth: mesa_chunked.

Each solver returns x_t with A_t x_t = b_t for t = 1 ... T, where A_t = G_t + rho_t I,
G_t = sum_{s <= t} w(s, t) k_s k_s^T,  rho_t = w(0, t) / lambda,
w(s, t) = prod_{s < r <= t} gamma_r.

With forgetting rho_t vanishes.  If the keys then leave directions out, A_t becomes singular, and
the outputs of every solver lose digits as its condition number grows: the relative error
measured is about 1e-16 of it.  Where tr A_t tr A_t^{-1}, as far as a solver knows it, exceeds
LARGEST_CONDITION, x_t is NaN rather than a number without meaning.

Glossary of shapes: N independent systems (batch times heads), T positions,
C positions of one chunk, D key width.
"""

import dataclasses
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import jax.scipy as jsp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.errors import Refusal
from incontext.models.causal_product import causal_product, join_time, split_time

LARGEST_CONDITION = 1e12  # leaves four digits of float64


class Systems(NamedTuple):
    """The left-hand sides of all positions.

    ridge_scale is lambda; log_forget is log gamma, None for gamma = 1.
    """

    keys: Float[Array, "N T D"]
    ridge_scale: Float[Array, " N"]
    log_forget: Float[Array, "N T"] | None = None

    @property
    def penalties(self) -> Float[Array, "#N #T 1"]:
        """rho_t of every position."""
        inverse = (1.0 / self.ridge_scale)[:, None, None]
        if self.log_forget is None:
            return inverse
        return inverse * jnp.exp(jnp.cumsum(self.log_forget, axis=1))[:, :, None]

    def multiply(self, vectors: Float[Array, "N T D"]) -> Float[Array, "N T D"]:
        """(G_t + rho_t I) x_t at every position, without forming G_t: O(T D) memory."""
        return self.penalties * vectors + causal_product(
            vectors, self.keys, self.keys, self.log_forget
        )

    def trusted(
        self, solutions: Float[Array, "N T D"], inverse_traces: Float[Array, "N T 1"]
    ) -> Float[Array, "N T D"]:
        """The solutions, NaN where A_t is too near to singular for them to mean anything.

        inverse_traces: tr A_t^{-1}, or an estimate of it.
        """
        squares = jnp.sum(self.keys**2, axis=-1, keepdims=True)
        ones = jnp.ones_like(squares)
        traces = causal_product(ones, ones, squares, self.log_forget)
        traces = traces + self.keys.shape[-1] * self.penalties
        return jnp.where(traces * inverse_traces <= LARGEST_CONDITION, solutions, jnp.nan)


@runtime_checkable
class Solver(Protocol):
    """A hashable object that solves all systems at once."""

    def factor(self, systems: Systems) -> PyTree:
        """What the forward and the backward pass share; arrays with the axis N first."""
        ...

    def solve(
        self, systems: Systems, factor: PyTree, right_sides: Float[Array, "N T D"]
    ) -> Float[Array, "N T D"]:
        """Solutions x_t of A_t x_t = b_t."""
        ...


class _WithoutFactor:
    """Solvers that begin anew with every right-hand side."""

    def factor(self, systems: Systems) -> PyTree:
        """Nothing."""
        del systems
        return ()


@dataclasses.dataclass(frozen=True)
class Recursive(_WithoutFactor):
    """Carry the inverse R_t from position to position: recursive least squares.

    R_0 = lambda I,  r = R_{t-1} k_t,  R_t = (R_{t-1} - r r^T / (gamma_t + k_t^T r)) / gamma_t,
    on a square root, R_t = S_t S_t^T, so that rounding can make no R_t indefinite:
    f = S_{t-1}^T k_t,  a = gamma_t + f^T f,
    S_t = (S_{t-1} - S_{t-1} f f^T / (a + sqrt(gamma_t a))) / sqrt(gamma_t).
    On R_t itself, key gradients lost up to two more digits at lambda = 1000.
    Memory O(T D + D^2), time O(T D^2), sequential in t.

    Source: paper B, Equations 7 and 17 (Sherman-Morrison); J. E. Potter's square root of it
    (1963), as in G. J. Bierman, "Factorization Methods for Discrete Sequential Estimation".
    """

    def solve(
        self, systems: Systems, factor: PyTree, right_sides: Float[Array, "N T D"]
    ) -> Float[Array, "N T D"]:
        """Solutions x_t = R_t b_t."""
        del factor
        keys, ridge_scale, log_forget = systems
        forget = None if log_forget is None else jnp.exp(log_forget)[:, :, None]

        def advance(
            root: Array, position: tuple[Array, Array, Array | None]
        ) -> tuple[Array, tuple[Array, Array | None]]:
            key, right_side, gamma = position
            gamma = 1.0 if gamma is None else gamma  # [N, 1]
            image = jnp.einsum("nij,ni->nj", root, key)
            spread = gamma + jnp.sum(image**2, axis=-1, keepdims=True)
            scaled = image / (spread + jnp.sqrt(gamma * spread))
            response = jnp.einsum("nij,nj->ni", root, image)
            root = root - response[:, :, None] * scaled[:, None, :]
            if forget is not None:
                root = root / jnp.sqrt(gamma)[:, :, None]
            half = jnp.einsum("nij,ni->nj", root, right_side)
            trace = None if forget is None else jnp.sum(root**2, axis=(1, 2))[:, None]
            return root, (jnp.einsum("nij,nj->ni", root, half), trace)

        over_time = jax.tree.map(lambda a: jnp.swapaxes(a, 0, 1), (keys, right_sides, forget))
        identity = jnp.eye(keys.shape[-1], dtype=keys.dtype)
        start = jnp.sqrt(ridge_scale)[:, None, None] * identity[None]
        found = jax.lax.scan(advance, start, over_time)[1]
        solutions, traces = jax.tree.map(lambda a: jnp.swapaxes(a, 0, 1), found)
        return solutions if traces is None else systems.trusted(solutions, traces)


@dataclasses.dataclass(frozen=True)
class Cholesky(_WithoutFactor):
    """Factor G_t + rho_t I at every position, in parallel over a chunk of time.

    Memory O(T D + C D^2), time O(T D^3), T / C sequential steps.
    """

    def solve(
        self, systems: Systems, factor: PyTree, right_sides: Float[Array, "N T D"]
    ) -> Float[Array, "N T D"]:
        """Solutions by two triangular systems each."""
        del factor
        keys, ridge_scale, log_forget = systems
        num_systems, length, size = keys.shape
        forgets = log_forget is not None
        if log_forget is None:
            log_forget = jnp.zeros((num_systems, length), keys.dtype)
        start = jnp.eye(size, dtype=keys.dtype)[None] / ridge_scale[:, None, None]

        def advance(
            matrix: Array, chunk: tuple[Array, ...]
        ) -> tuple[Array, tuple[Array, Array | None]]:
            key, right_side, log_step = chunk
            decays = jnp.exp(log_step)[:, :, None, None]
            outer = key[:, :, :, None] * key[:, :, None, :]
            outer = outer.at[:, 0].add(decays[:, 0] * matrix)
            matrices = _accumulate(decays, outer)  # [N, C, D, D]
            factor = jnp.linalg.cholesky(matrices, symmetrize_input=False)
            solution = jsp.linalg.cho_solve((factor, True), right_side[..., None])[..., 0]
            return matrices[:, -1], (solution, _least_pivot(factor) if forgets else None)

        chunks = jax.tree.map(split_time, (keys, right_sides, log_forget))
        found = jax.lax.scan(advance, start, chunks)[1]
        solutions, pivots = jax.tree.map(lambda chunks: join_time(chunks, length), found)
        return solutions if pivots is None else systems.trusted(solutions, 1 / pivots)


def _least_pivot(factor: Float[Array, "N C D D"]) -> Float[Array, "N C 1"]:
    """At least the smallest eigenvalue of the matrix that was factored, and near it as a rule."""
    return jnp.min(jnp.diagonal(factor, axis1=-2, axis2=-1), axis=-1, keepdims=True) ** 2


def _accumulate(
    decays: Float[Array, "N C 1 1"], terms: Float[Array, "N C D D"]
) -> Float[Array, "N C D D"]:
    """a_t = decay_t a_{t-1} + term_t along the second axis, in parallel."""

    def combine(early: tuple[Array, Array], late: tuple[Array, Array]) -> tuple[Array, Array]:
        return early[0] * late[0], late[0] * early[1] + late[1]

    return jax.lax.associative_scan(combine, (decays, terms), axis=1)[1]


@dataclasses.dataclass(frozen=True)
class ConjugateGradient(_WithoutFactor):
    """Conjugate gradient on all positions at once; matrices are applied, never formed.

    Stops when every residual is below `tolerance` times its right-hand side, or after
    `max_iterations`.  A fixed number of iterations n is (n, 0.0).  Of A_t^{-1} it knows
    |x_t| / |b_t| only, which it takes for the trace.
    Memory O(T D), time O(T C D) per iteration, parallel within a chunk.

    Raises:
        Refusal: if there is no iteration or the tolerance is negative.

    Source: MesaNet (arXiv 2506.05233), Section 3.
    """

    max_iterations: int = 400
    tolerance: float = 1e-13

    def __post_init__(self) -> None:
        if self.max_iterations < 1:
            raise Refusal(f"max_iterations is {self.max_iterations}; it must be at least 1.")
        if not self.tolerance >= 0:
            raise Refusal(f"tolerance is {self.tolerance}; it must be zero or positive.")

    def solve(
        self, systems: Systems, factor: PyTree, right_sides: Float[Array, "N T D"]
    ) -> Float[Array, "N T D"]:
        """Solutions from x_t = 0."""
        del factor
        goal = self.tolerance**2 * _square(right_sides)

        def unfinished(state: tuple[Array, ...]) -> Array:
            *_, energy, iteration = state
            return (iteration < self.max_iterations) & jnp.any(energy > goal)

        def iterate(state: tuple[Array, ...]) -> tuple[Array, ...]:
            solution, residual, direction, energy, iteration = state
            image = systems.multiply(direction)
            step = _divide(energy, jnp.sum(direction * image, axis=-1, keepdims=True))
            solution = solution + step * direction
            residual = residual - step * image
            remaining = _square(residual)
            direction = residual + _divide(remaining, energy) * direction
            return solution, residual, direction, remaining, iteration + 1

        begin = jnp.zeros((), jnp.int32)
        zeros = jnp.zeros_like(right_sides)
        start = (zeros, right_sides, right_sides, _square(right_sides), begin)
        solutions = jax.lax.while_loop(unfinished, iterate, start)[0]
        if systems.log_forget is None:
            return solutions
        gains = jnp.sqrt(_divide(_square(solutions), _square(right_sides)))
        return systems.trusted(solutions, gains)


def _square(vectors: Float[Array, "N T D"]) -> Float[Array, "N T 1"]:
    return jnp.sum(vectors**2, axis=-1, keepdims=True)


def _divide(numerator: Array, denominator: Array) -> Array:
    """The quotient, and zero where a finished position has nothing left to divide."""
    finished = denominator == 0
    return jnp.where(finished, 0.0, numerator / jnp.where(finished, 1.0, denominator))
