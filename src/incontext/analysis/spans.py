"""How much of a product of weights a few matrices account for, block by block.

Shapes: C channels, n state dimension, K matrices.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from incontext.errors import Refusal


def spanned_share(
    product: Float[np.ndarray, "D D"], basis: Sequence[Float[np.ndarray, "n n"]]
) -> float:
    """Share of the squared weights that lie in the span of the matrices, in every n x n block.

    With the identity alone it is what scaled identities keep; K matrices keep K / n^2 of random
    weights.  In NumPy and float64.

    Raises:
        Refusal: if the product has no whole blocks, or is zero.

    Source: ours.
    """
    size = basis[0].shape[0]
    count, rest = divmod(product.shape[0], size)
    if rest or not np.any(product):
        raise Refusal(
            f"the product has {product.shape[0]} rows and the matrices {size}; give whole blocks, "
            "not all of them zero."
        )
    blocks = product.astype(np.float64).reshape(count, size, count, size).transpose(0, 2, 1, 3)
    flat = blocks.reshape(count * count, size * size).T
    axes = np.linalg.qr(np.stack([one.astype(np.float64).reshape(-1) for one in basis], axis=1))[0]
    return float(np.sum((axes.T @ flat) ** 2) / np.sum(flat**2))


def powers(matrix: Float[np.ndarray, "n n"], largest: int) -> list[np.ndarray]:
    """W^-k, ..., W^k of an orthogonal map, whose inverse is its transpose."""
    found = [np.linalg.matrix_power(matrix, order) for order in range(largest + 1)]
    return [one.T for one in found[:0:-1]] + found
