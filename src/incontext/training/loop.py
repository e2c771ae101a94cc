"""The training loop: chunks of steps on the devices, all seeds at once.

Shapes: S seeds, E evaluations, C steps per chunk.
"""

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jax.sharding import Mesh
from jax.typing import ArrayLike
from jaxtyping import Float, Key, PyTree

from incontext.errors import Refusal
from incontext.training import blocks, devices
from incontext.training.config import Kept, Schedule
from incontext.training.state import (
    Problem,
    SeedKeys,
    Trained,
    TrainingDivergedError,
    TrainingState,
    seed_keys,
)

_LONGEST_CHUNK = 50  # steps between two calls of `watch`

Chunk = Callable[[TrainingState, Key[Array, " S"], ArrayLike], tuple[TrainingState, Array]]
Saved = dict[str, np.ndarray]  # one seed's unfinished training as named arrays


def fit(
    problem: Problem,
    schedule: Schedule,
    *,
    seeds: Sequence[int],
    kept: Kept | None = None,
    saved: Sequence[Saved] = (),
    watch: Callable[["Run"], None] | None = None,
) -> Trained:
    """Train one problem with several seeds side by side, on all devices.

    Step t of seed s draws its batch from fold_in(data_key(s), t), so a training that was
    interrupted and taken up again sees exactly the batches it would have seen.

    saved: what `Run.save` gave for every seed, all at the same step; () begins anew.
    watch: called after every chunk of at most 50 steps; what it raises ends the training.

    Raises:
        Refusal: if there are no seeds, they are not distinct whole numbers, or weights are to
            be kept at a step at which nothing is evaluated.
        TrainingDivergedError: if a loss is not finite.
    """
    if not len(seeds) or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise Refusal(f"seeds is {list(seeds)}; give distinct whole numbers, at least one.")
    kept = kept or Kept()
    _check_kept(kept, schedule)
    batch = jax.eval_shape(problem.sample, jax.random.key(0))
    mesh = devices.arrange(len(seeds), blocks.batch_size(batch), jax.devices())
    run = Run(problem, schedule, kept, tuple(seeds), mesh)
    if saved:
        run.restore(saved)
    else:
        run.evaluate()
    length = math.gcd(schedule.evaluate_every, _LONGEST_CHUNK)
    advance = make_chunk(problem, schedule.optimizer.build(), length, mesh)
    while run.step < schedule.num_steps:
        run.advance(advance, length)
        if watch is not None:
            watch(run)
    return run.trained()


def _check_kept(kept: Kept, schedule: Schedule) -> None:
    odd = [step for step in kept.steps if step % schedule.evaluate_every]
    if odd or max(kept.steps, default=0) >= schedule.num_steps:
        raise Refusal(
            f"weights are to be kept at steps {kept.steps}; give multiples of evaluate_every = "
            f"{schedule.evaluate_every} below num_steps = {schedule.num_steps}."
        )


def make_chunk(
    problem: Problem,
    optimizer: optax.GradientTransformation,
    length: int,
    mesh: Mesh | None = None,
) -> Chunk:
    """`length` training steps of every seed as one compiled call.

    Returns:
        A function (state, data keys [S], first step) -> (state, losses [S, length]).
    """

    def step(state: TrainingState, key: Key[Array, ""]) -> tuple[TrainingState, Array]:
        batch = devices.share_batch(problem.sample(key), mesh)
        loss, gradients = blocks.value_and_grad(problem.loss, state.params, batch)
        updates, optimizer_state = optimizer.update(gradients, state.optimizer_state, state.params)
        params = optax.apply_updates(state.params, updates)
        return TrainingState(params, optimizer_state), loss

    def one_seed(
        seed: tuple[TrainingState, Key[Array, ""]], first: Array
    ) -> tuple[TrainingState, Float[Array, " C"]]:
        state, data_key = seed
        keys = jax.vmap(lambda t: jax.random.fold_in(data_key, t))(first + jnp.arange(length))
        return jax.lax.scan(step, state, keys)

    def all_seeds(
        state: TrainingState, data_keys: Key[Array, " S"], first: Array
    ) -> tuple[TrainingState, Float[Array, "S C"]]:
        return devices.over_seeds(one_seed, mesh)((state, data_keys), first)

    return jax.jit(all_seeds, donate_argnums=0)


class Run:
    """A training in progress: state, losses so far, weights kept."""

    def __init__(
        self, problem: Problem, schedule: Schedule, kept: Kept, seeds: tuple[int, ...], mesh: Mesh
    ) -> None:
        self.seeds, self.schedule, self._kept, self._mesh = seeds, schedule, kept, mesh
        self._evaluate = jax.jit(devices.over_seeds(problem.loss, mesh))
        self._evaluation_batch = devices.place_everywhere(problem.evaluation_batch, mesh)
        keys = jax.jit(jax.vmap(seed_keys))(np.asarray(seeds, np.uint32))
        self._data_keys = devices.place_seeds(keys.data, mesh)
        self.state = devices.place_seeds(_start(problem, schedule, keys), mesh)
        self.step, self._losses = 0, []
        self._weights: dict[int, PyTree] = {}  # step -> float16 leaves [S, ...]

    def advance(self, chunk: Chunk, length: int) -> None:
        """Run one chunk, and take what is due after it.

        Raises:
            TrainingDivergedError: if any loss in it is not finite.
        """
        self.state, losses = chunk(self.state, self._data_keys, np.asarray(self.step))
        bad = np.argwhere(~np.isfinite(np.asarray(losses)))
        if len(bad):
            seed_index, offset = min(bad.tolist(), key=lambda pair: pair[1])
            raise TrainingDivergedError(self.seeds[seed_index], self.step + offset)
        self.step += length
        if self.step % self.schedule.evaluate_every == 0:
            self.evaluate()
        if self.step in self._kept.steps:
            chosen = part(self.state.params, self._kept.parts)
            half = jax.tree.map(lambda leaf: np.asarray(leaf, np.float16), chosen)
            self._weights[self.step] = half

    def evaluate(self) -> None:
        """Take the loss of the current parameters on the evaluation batch."""
        self._losses.append(np.asarray(self._evaluate(self.state.params, self._evaluation_batch)))

    def trained(self) -> Trained:
        """What the training has led to; parameters on one device."""
        params = self.state.params
        if self._mesh.size > 1:
            params = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), params)
        steps = self.schedule.evaluate_every * np.arange(len(self._losses))
        return Trained(params, steps, np.stack(self._losses, axis=1), dict(self._weights))

    def save(self) -> list[Saved]:
        """The unfinished training of every seed, from which `fit` goes on to the last bit."""
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(self.state)]
        weights = {step: jax.tree.leaves(tree) for step, tree in self._weights.items()}
        return [
            {"step": np.asarray(self.step), "losses": np.stack(self._losses)[:, index]}
            | {f"state/{i:04d}": leaf[index] for i, leaf in enumerate(leaves)}
            | {
                f"kept/{step}/{i:04d}": leaf[index]
                for step, kept in weights.items()
                for i, leaf in enumerate(kept)
            }
            for index in range(len(self.seeds))
        ]

    def restore(self, saved: Sequence[Saved]) -> None:
        """Go on from what `save` gave, for the same seeds in the same order."""

        def stacked(prefix: str, structure: PyTree) -> PyTree:
            names = [f"{prefix}/{i:04d}" for i in range(structure.num_leaves)]
            leaves = [np.stack([one[name] for one in saved]) for name in names]
            return jax.tree.unflatten(structure, leaves)

        self.step = int(saved[0]["step"])
        self._losses = list(np.stack([one["losses"] for one in saved], axis=1))
        whole = jax.tree.structure(self.state)
        kept = jax.tree.structure(part(self.state.params, self._kept.parts))
        state = jax.tree.map(jnp.asarray, stacked("state", whole))
        self.state = devices.place_seeds(state, self._mesh)
        passed = [step for step in self._kept.steps if step <= self.step]
        self._weights = {step: stacked(f"kept/{step}", kept) for step in passed}


def _start(problem: Problem, schedule: Schedule, keys: SeedKeys) -> TrainingState:
    """State of every seed before the first step.

    Not under one jit: matrices of one shape then share a compiled draw, 4 times faster.
    Seed by seed: the last bits of a draw depend on how many are drawn side by side.
    """
    optimizer = schedule.optimizer.build()
    params = [problem.init(key) for key in keys.init]
    states = [TrainingState(one, optimizer.init(one)) for one in params]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)


def part(params: PyTree, names: Sequence[str]) -> PyTree:
    """Parameters of the named modules; all of them if none is named."""
    return {name: params[name] for name in names} if names else params


def take_seed(params: PyTree, index: int) -> PyTree:
    """Parameters of one seed out of stacked ones."""
    return jax.tree.map(lambda leaf: leaf[index], params)
