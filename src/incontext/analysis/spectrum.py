"""What GD++ does to the curvature of the regression loss.

The loss 1/2 sum_i (W x_i - y_i)^2 has the Hessian X X^T of the context inputs; GD++ replaces
X by (I - gamma X X^T) X, and every eigenvalue of the Hessian by a polynomial of itself.

Shapes: B prompts, N context examples, d inputs, L layers.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal


def spectrum_map(eigenvalues: Float[Array, "..."], curvature: float | Array) -> Float[Array, "..."]:
    """Eigenvalues of the Hessian after one correction, in the order they came.

    f(lambda, gamma) = lambda (1 - gamma lambda)^2 = lambda - 2 gamma lambda^2 + gamma^2 lambda^3

    Source: paper A, Equation 25.
    """
    return eigenvalues * (1.0 - curvature * eigenvalues) ** 2


def hessian_eigenvalues(inputs: Float[Array, "... N d"]) -> Float[Array, "... d"]:
    """Eigenvalues of X X^T = sum_i x_i x_i^T, descending.

    Squares of the singular values of X, which keeps the small ones: an eigenvalue of 1e-6
    would drown in the rounding of the matrix itself.

    Raises:
        Refusal: if there are fewer examples than dimensions, which makes the Hessian
            singular and its condition number infinite.
    """
    num_context, input_dim = inputs.shape[-2:]
    if num_context < input_dim:
        raise Refusal(
            f"{num_context} examples in {input_dim} dimensions leave the Hessian singular; "
            f"give at least {input_dim} examples."
        )
    return jnp.linalg.svd(inputs, compute_uv=False) ** 2


def condition_number(eigenvalues: Float[Array, "... d"]) -> Float[Array, "..."]:
    """Largest over smallest eigenvalue, in any order; at least one."""
    tiny = jnp.finfo(eigenvalues.dtype).tiny
    smallest = jnp.maximum(jnp.min(eigenvalues, axis=-1), tiny)
    return jnp.max(eigenvalues, axis=-1) / smallest


def worst_case_condition_number(
    smallest: float, largest: float, curvature: Float[Array, "*G"]
) -> Float[Array, "*G"]:
    """Condition number the paper derives from the extreme eigenvalues of all tasks.

    kappa(gamma) = f(1 / (3 gamma), gamma) / min(f(smallest, gamma), f(largest, gamma)), with
    4 / (27 gamma) the local maximum of f; where that maximum does not lie between the two, the
    larger of both ends takes its place.

    Source: paper A, Section A.10 and Figure 13, centre; the other case is derived.
    """
    place, peak = 1.0 / (3.0 * curvature), 4.0 / (27.0 * curvature)
    ends = [spectrum_map(jnp.asarray(end), curvature) for end in (smallest, largest)]
    inside = (smallest < place) & (place < largest)
    most = jnp.maximum(jnp.maximum(*ends), jnp.where(inside, peak, 0.0))
    return most / jnp.minimum(*ends)


def mapped_eigenvalues(
    before: Float[Array, "... N d"], after: Float[Array, "... N d"]
) -> Float[Array, "... d"]:
    """Curvature of `after` along the eigenvectors of the Hessian of `before`.

    |X'^T u_i|^2 with X X^T u_i = lambda_i u_i, lambda_i descending.  Where X' is a polynomial of
    X X^T times X, as in GD++, these are the new eigenvalues, paired with the old.
    """
    directions = jnp.linalg.svd(before, full_matrices=False)[2]  # [..., d, d], rows u_i
    return jnp.sum(jnp.einsum("...nd,...id->...ni", after, directions) ** 2, axis=-2)


def residual_factor(
    eigenvalues: Float[Array, "..."],
    step_sizes: Sequence[float | Array],
    curvatures: Sequence[float | Array],
) -> Float[Array, "..."]:
    """Share of the teacher that K steps of GD++ leave unexplained along an eigenvector.

    rho <- rho (1 - (eta/N) lambda), then lambda <- f(lambda, gamma), from rho = 1: with u_i the
    eigenvectors of X X^T, the prediction misses W u_i u_i^T x_query by the factor rho(lambda_i).

    Raises:
        Refusal: if there is not one curvature per step size.

    Source: derived; every step of GD++ is a polynomial of X X^T (paper A, Section A.10).
    """
    if len(step_sizes) != len(curvatures):
        raise Refusal(
            f"{len(step_sizes)} step sizes and {len(curvatures)} curvatures; give one of each "
            "per step."
        )
    rho = jnp.ones_like(eigenvalues)
    for step_size, curvature in zip(step_sizes, curvatures, strict=True):
        rho = rho * (1.0 - step_size * eigenvalues)
        eigenvalues = spectrum_map(eigenvalues, curvature)
    return rho
