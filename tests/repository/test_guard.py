"""Compilers this project relies on compute what they are told to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

ROWS = 32_768  # jax 0.10.2 on CPU goes wrong above this many rows


@pytest.mark.parametrize("rows", [ROWS, ROWS + 1, 2 * ROWS, 40_961])
def test_compiled_batch_of_squared_products_equals_numpy(rows):
    """jit(vmap(matvec -> square -> sum)) against float64 NumPy.

    The tolerance covers float32 rounding of 11 squared sums of 11 terms; the miscompiled
    results were off by their own size.
    """
    matrix_key, vector_key = jax.random.split(jax.random.key(0))
    matrices = jax.random.normal(matrix_key, (rows, 11, 11))
    vectors = jax.random.normal(vector_key, (rows, 11))
    norms = jax.jit(jax.vmap(lambda matrix, vector: jnp.sum((matrix @ vector) ** 2)))
    products = np.einsum("bij,bj->bi", np.float64(matrices), np.float64(vectors))
    np.testing.assert_allclose(norms(matrices, vectors), (products**2).sum(-1), rtol=3e-5)
