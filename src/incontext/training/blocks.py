"""Gradients of a batch, in blocks of tasks that fit the cache of a processor."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend import core
from jaxtyping import Float, PyTree

CACHED_BYTES = 2.5 * 2**20  # of the largest array that a block makes

Loss = Callable[[PyTree, PyTree], Float[Array, ""]]


def value_and_grad(loss: Loss, params: PyTree, batch: PyTree) -> tuple[Float[Array, ""], PyTree]:
    """Loss of a batch and its gradient; the loss must be a mean over the tasks.

    dL/dw = 1/n sum_b dL_b/dw over n blocks of equally many tasks.

    On a CPU there are so many blocks that the largest array of one has at most CACHED_BYTES,
    because large batches wait for the memory.  Elsewhere there is one.
    """
    slope = jax.value_and_grad(loss)
    count = num_blocks(loss, params, batch)
    if count == 1:
        return slope(params, batch)

    def cut(leaf: Array) -> Array:
        """Every count-th task into one block, so that devices that share a batch share a block."""
        return jnp.swapaxes(leaf.reshape(-1, count, *leaf.shape[1:]), 0, 1)

    def add(total: PyTree, block: PyTree) -> tuple[PyTree, None]:
        return jax.tree.map(jnp.add, total, slope(params, block)), None

    shapes = jax.eval_shape(slope, params, batch)
    nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    total, _ = jax.lax.scan(add, nothing, jax.tree.map(cut, batch))
    return jax.tree.map(lambda leaf: leaf / count, total)


def num_blocks(loss: Loss, params: PyTree, batch: PyTree) -> int:
    """Blocks of a batch: 1, 2, 4, ... as many as are needed, and as divide the batch."""
    if jax.default_backend() != "cpu":
        return 1
    size, tasks = largest_bytes(jax.make_jaxpr(loss)(params, batch).jaxpr), batch_size(batch)
    count = 1
    while size / count > CACHED_BYTES and tasks % (2 * count) == 0:
        count *= 2
    return count


def batch_size(batch: PyTree) -> int:
    """Tasks of a batch: what the leading axes of all its arrays have in common."""
    leaves = jax.tree.leaves(batch)
    return math.gcd(*(leaf.shape[0] if leaf.shape else 1 for leaf in leaves))


def largest_bytes(program: core.Jaxpr) -> int:
    """Size of the largest array that a traced program makes."""
    return max(
        (
            max(
                [*map(_bytes, equation.outvars), *map(largest_bytes, inner_programs(equation))],
                default=0,
            )
            for equation in program.eqns
        ),
        default=0,
    )


def inner_programs(equation: core.JaxprEqn) -> Iterator[core.Jaxpr]:
    """Programs that an equation calls; of a custom derivative, the function itself."""
    for name, value in equation.params.items():
        if name in ("fwd_jaxpr_thunk", "bwd", "jvp_jaxpr_fun", "jvp_jaxpr_thunk"):
            continue
        for one in value if isinstance(value, tuple | list) else (value,):
            if hasattr(one, "eqns"):
                yield getattr(one, "jaxpr", one)


def _bytes(variable: Any) -> int:  # noqa: ANN401 - a variable of a traced program
    shape = getattr(variable.aval, "shape", ())
    return math.prod(shape) * getattr(variable.aval.dtype, "itemsize", 8)
