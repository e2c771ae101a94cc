"""Products of linear attention reduced to scaled identities, one number per block.

A constructed token is a row of C channels of n numbers.  If training treats all n
directions alike, a product [C n, C n] is a C x C matrix of scaled identities.

Shapes: L layers, H heads, C channels, n state dimension, D = C n token width.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.attention import Products


class BlockScales(NamedTuple):
    """One number per n x n block of each product: 2 C^2 numbers per head and layer.

    key_query[..., h, a, b] scales the identity that scores channel a of a past token
    against channel b of the present one; output_value[..., h, a, b] the one that
    writes channel b of the past token into channel a.
    """

    key_query: Float[Array, "*layers H C C"]
    output_value: Float[Array, "*layers H C C"]


def compress(products: Products, state_dim: int) -> BlockScales:
    """Mean of the diagonal of every block: the nearest scaled identities.

    Source: paper B, Sections F.1.1 and F.1.2, "CompressedAlg-d".
    """
    return BlockScales(*(_block_means(product, state_dim) for product in products))


def expand(scales: BlockScales, state_dim: int) -> Products:
    """Products made of scaled identities, W = C (x) I_n."""
    return Products(*(_kronecker(blocks, state_dim) for blocks in scales))


def halfway(first: Products, second: Products) -> Products:
    """Equal average of two layers' products, head by head.

    The products are averaged, not the matrices: only they are determined by training.
    Source: paper B, Section F.1.1, "Interpolation details".
    """
    return Products(*(0.5 * (one + other) for one, other in zip(first, second, strict=True)))


def kept_share(products: Products, state_dim: int) -> Products:
    """Share of the squared weights of each head that scaled identities keep, [..., H]."""
    kept = expand(compress(products, state_dim), state_dim)
    shares = [
        jnp.sum(part**2, axis=(-2, -1)) / jnp.sum(whole**2, axis=(-2, -1))
        for part, whole in zip(kept, products, strict=True)
    ]
    return Products(*shares)


def coefficients(scales: BlockScales) -> Float[Array, "*layers 2 2 2"]:
    """What one layer computes, as eight numbers c[u, v, w].

    s_hat_{t+1} = sum_{u,v,w} c[u, v, w] (sum_{t' <= t} u_t' v_t'^T) w_t, where u, v and w
    are each the current state (0) or the previous one (1) of a token (.., .., s_t, s_{t-1}).
    c[0, 1, 0] is the learning rate eta, and c[1, 1, 0] = -eta phi_0 for Phi_0 = phi_0 I.

    Source: paper B, Proposition 1 and Section F.1.1.
    """
    written = scales.output_value[..., 0, 2:]  # [H, 2], into the prediction
    scored = scales.key_query[..., 2:, 2:]  # [H, 2, 2]
    return jnp.einsum("...hu,...hvw->...uvw", written, scored)


def predict(
    coefficients: Float[Array, "2 2 2"], states: Float[Array, "B T n"]
) -> Float[Array, "B T n"]:
    """Predictions of one layer from its eight numbers, written without attention.

    Source: paper B, Section F.1.1: the "hard-coded implementation" behind Figure 4A.
    """
    previous = jnp.pad(states, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    pair = jnp.stack([states, previous])  # [2, B, T, n]
    moments = jnp.cumsum(jnp.einsum("ubti,vbtj->uvbtij", pair, pair), axis=3)
    return jnp.einsum("uvw,uvbtij,wbtj->bti", coefficients, moments, pair)


def _block_means(product: Float[Array, "... D D"], state_dim: int) -> Float[Array, "... C C"]:
    width = product.shape[-1]
    if width % state_dim:
        raise Refusal(
            f"the products have width {width}, which is no multiple of state_dim = {state_dim}."
        )
    channels = width // state_dim
    blocks = product.reshape(*product.shape[:-2], channels, state_dim, channels, state_dim)
    return jnp.einsum("...aibi->...ab", blocks) / state_dim


def _kronecker(blocks: Float[Array, "... C C"], state_dim: int) -> Float[Array, "... D D"]:
    channels = blocks.shape[-1]
    identity = jnp.eye(state_dim, dtype=blocks.dtype)
    product = jnp.einsum("...ab,ij->...aibj", blocks, identity)
    return product.reshape(*blocks.shape[:-2], channels * state_dim, channels * state_dim)
