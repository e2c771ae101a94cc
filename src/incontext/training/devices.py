"""Several devices: seeds are spread over them first, then the tasks of a batch."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import PyTree

SEED, BATCH = "seed", "batch"


def divide(num_seeds: int, batch_size: int, num_devices: int) -> tuple[int, int]:
    """How many groups share the seeds, and how many devices of a group share a batch.

    With S seeds and n devices, gcd(S, n) groups train S / gcd(S, n) seeds each, and the tasks of
    every batch are shared in a group.  Devices that divide neither are left idle.
    """
    by_seed = math.gcd(num_seeds, num_devices)
    return by_seed, math.gcd(batch_size, num_devices // by_seed)


def arrange(num_seeds: int, batch_size: int, devices: Sequence[Any]) -> Mesh:
    """Devices as the grid, seeds x batch, that `divide` says."""
    by_seed, by_batch = divide(num_seeds, batch_size, len(devices))
    grid = np.array(devices[: by_seed * by_batch]).reshape(by_seed, by_batch)
    return Mesh(grid, (SEED, BATCH))


def place_seeds(stacked: PyTree, mesh: Mesh) -> PyTree:
    """Put arrays with a leading seed axis where their seeds are trained."""
    return _place(stacked, mesh, P(SEED))


def place_everywhere(tree: PyTree, mesh: Mesh) -> PyTree:
    """Put the same arrays on every device."""
    return _place(tree, mesh, P())


def _place(tree: PyTree, mesh: Mesh, spec: P) -> PyTree:
    if mesh.size == 1:
        return tree
    return jax.device_put(tree, NamedSharding(mesh, spec))


def share_batch(batch: PyTree, mesh: Mesh | None) -> PyTree:
    """Share the leading axis of every array among the devices that train the same seed."""
    if mesh is None or mesh.shape[BATCH] == 1:
        return batch
    return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, P(BATCH)), batch)


def over_seeds(function: Callable[..., PyTree], mesh: Mesh | None = None) -> Callable[..., PyTree]:
    """Apply a function to every seed of its first, stacked argument; others are the same for all.

    Side by side on an accelerator; one after another on a CPU, whose batched
    small products are slower than a loop over seeds (1.5 times at five layers).
    With a mesh, every group of devices does so with its own seeds.
    """

    def here(stacked: PyTree, *others: PyTree) -> PyTree:
        if jax.default_backend() == "cpu":
            return jax.lax.map(lambda one: function(one, *others), stacked)
        return jax.vmap(lambda one: function(one, *others))(stacked)

    if mesh is None or mesh.size == 1:
        return here

    def spread(stacked: PyTree, *others: PyTree) -> PyTree:
        return jax.shard_map(
            here,
            mesh=mesh,
            in_specs=(P(SEED), *[P()] * len(others)),
            out_specs=P(SEED),
            axis_names={SEED},
            check_vma=False,
        )(stacked, *others)

    return spread
