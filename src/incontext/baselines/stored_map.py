"""What a linear stack that knows the map can do with it: W s times a polynomial of |s|^2.

Shapes: B sequences, T positions, n state dimension, K layers.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import comb

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal


def predict(
    states: Float[Array, "B T n"], teacher: Float[Array, "n n"], rates: Sequence[float]
) -> Float[Array, "B T n"]:
    """Next states (1 - prod_k (1 - c_k |s_t|^2)) W s_t.

    A gradient descent on one direction with the eigenvalue |s_t|^2.

    Source: derived for this project.
    """
    squares = jnp.sum(states**2, axis=-1, keepdims=True)
    left = jnp.ones_like(squares)
    for rate in rates:
        left = left * (1.0 - rate * squares)
    return (1.0 - left) * jnp.einsum("ij,btj->bti", teacher, states)


def predict_ridge(
    states: Float[Array, "B T n"], teacher: Float[Array, "n n"], ridge: float
) -> Float[Array, "B T n"]:
    """Next states W A_t (A_t + ridge I)^{-1} s_t with A_t = sum_{t' <= t} s_t' s_t'^T.

    A ridge regression from states to W times these states: what a mesa layer can do that knows W.

    Source: derived for this project.
    """
    moments = jnp.cumsum(jnp.einsum("bti,btj->btij", states, states), axis=1)
    eye = jnp.eye(states.shape[-1])[None, None]
    lost = jnp.linalg.solve(moments + ridge * eye, ridge * states[..., None])[..., 0]
    return jnp.einsum("ij,btj->bti", teacher, states - lost)


def least_loss(state_dim: int, depth: int, start_range: float = 1.0) -> float:
    """Least expected loss of `predict` with K = depth rates, without noise.

    1/2 min_p E rho p(rho)^2 over polynomials p of degree K with p(0) = 1, rho = |s_1|^2 and
    s_1 ~ U(-a, a)^n; W keeps rho.  With the moments M_ij = E rho^{1+i+j} it is
    det M / (2 det M'), where M' lacks the first row and column.  Exact in fractions.

    Raises:
        Refusal: if the dimension, the depth or the range is not positive.

    Source: derived for this project.
    """
    moments = _gram(state_dim, depth, start_range)
    ratio = _determinant(moments) / _determinant([row[1:] for row in moments[1:]])
    return float(ratio / 2) * start_range**2


def best_rates(state_dim: int, depth: int, start_range: float = 1.0) -> tuple[float, ...]:
    """The K rates of the least loss, smallest first: inverse zeros of the best polynomial.

    Raises:
        Refusal: if the dimension, the depth or the range is not positive.

    Source: derived for this project.
    """
    gram = np.array(_gram(state_dim, depth, start_range), float)
    scale = float(moment(state_dim, 1))  # powers of rho over its mean are far better conditioned
    powers = scale ** np.arange(depth + 1)
    gram = gram / np.outer(powers, powers)
    rest = np.linalg.solve(gram[1:, 1:], -gram[1:, 0])
    zeros = np.roots([*rest[::-1], 1.0]).real * scale * start_range**2
    return tuple(sorted(float(1.0 / zero) for zero in zeros))


def _gram(state_dim: int, depth: int, start_range: float) -> list[list[Fraction]]:
    """M_ij = E rho^{1+i+j} for a range of one; rho scales with the square of the range."""
    if state_dim < 1 or depth < 1 or start_range <= 0:
        raise Refusal(
            f"state_dim is {state_dim}, depth {depth} and start_range {start_range}; all three "
            "must be positive."
        )
    moments = [moment(state_dim, order) for order in range(2 * depth + 2)]
    return [[moments[1 + i + j] for j in range(depth + 1)] for i in range(depth + 1)]


def moment(count: int, order: int) -> Fraction:
    """E (u_1^2 + ... + u_n^2)^order for u ~ U(-1, 1), with E u^{2k} = 1 / (2k + 1)."""
    one = [Fraction(1, 2 * k + 1) for k in range(order + 1)]
    sums = [Fraction(int(k == 0)) for k in range(order + 1)]
    for _ in range(count):
        sums = [
            sum((comb(k, i) * sums[k - i] * one[i] for i in range(k + 1)), Fraction(0))
            for k in range(order + 1)
        ]
    return sums[order]


def _determinant(matrix: list[list[Fraction]]) -> Fraction:
    rows, found = [list(row) for row in matrix], Fraction(1)
    for index in range(len(rows)):  # positive definite: no pivot vanishes
        pivot = rows[index][index]
        found *= pivot
        for below in range(index + 1, len(rows)):
            factor = rows[below][index] / pivot
            rows[below] = [x - factor * y for x, y in zip(rows[below], rows[index], strict=True)]
    return found
