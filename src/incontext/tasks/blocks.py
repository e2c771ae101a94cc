"""Large batches in blocks that fit a processor's cache.

The generator passes over its numbers many times; out of cache that is up to six
times slower.  The blocks, and so the numbers, are the same on every machine.
"""

from collections.abc import Callable

import jax
from jax import Array
from jaxtyping import Key, PyTree

_NUMBERS_IN_CACHE = 2**18  # one megabyte of float32


def draw_in_blocks(
    draw: Callable[[int, Key[Array, ""]], PyTree],
    batch_size: int,
    *,
    numbers_each: int,
    key: Key[Array, ""],
) -> PyTree:
    """Draw a batch whose every leaf has the batch as its first axis.

    draw(size, key) draws `size` independent elements of `numbers_each` random
    numbers.  A batch that fits is drawn at once, a larger one in equal blocks
    with a key each: one after another on a CPU, side by side on an accelerator.
    """
    size = block_size(batch_size, numbers_each)
    if size == batch_size:
        return draw(batch_size, key)
    keys = jax.random.split(key, batch_size // size)

    def one(block_key: Key[Array, ""]) -> PyTree:
        return draw(size, block_key)

    blocks = jax.lax.map(one, keys) if jax.default_backend() == "cpu" else jax.vmap(one)(keys)
    return jax.tree.map(lambda leaf: leaf.reshape(batch_size, *leaf.shape[2:]), blocks)


def block_size(batch_size: int, numbers_each: int) -> int:
    """Largest divisor of the batch size whose numbers fit a cache, at least 1."""
    limit = max(1, _NUMBERS_IN_CACHE // numbers_each)
    return next(size for size in range(min(limit, batch_size), 0, -1) if batch_size % size == 0)
