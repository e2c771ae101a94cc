"""The training loop: chunks of steps on the devices, all seeds at once.

Shapes: S seeds, E evaluations, C steps per chunk.
"""

import math
import time
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jax.sharding import Mesh
from jax.typing import ArrayLike
from jaxtyping import Float, Key, PyTree

from incontext.training import blocks, devices
from incontext.training.checkpoints import Checkpoint, Saved
from incontext.training.config import TrainingConfig
from incontext.training.state import (
    Problem,
    SeedKeys,
    Trained,
    TrainingDivergedError,
    TrainingState,
    seed_keys,
)
from incontext.training.workspace import Workspace

_LONGEST_CHUNK = 50  # steps between two looks at the clock
_SECONDS_BETWEEN_CHECKPOINTS = 5.0
_STEPS_BETWEEN_HANDOVERS = 500  # of processes that train together

Chunk = Callable[[TrainingState, Key[Array, " S"], ArrayLike], tuple[TrainingState, Array]]


def train(
    problem: Problem,
    training: TrainingConfig,
    *,
    seeds: Sequence[int],
    name: str = "training",
    workspace: Workspace | None = None,
    optimizer: optax.GradientTransformation | None = None,
) -> Trained:
    """Train one problem with several seeds side by side.

    Step t of seed s draws its batch from fold_in(data_key(s), t), so a run that
    was interrupted and resumed sees exactly the batches it would have seen.

    All devices are used, see `devices.arrange`.  In a workspace of a block of seeds only those
    are trained, and only those are handed back.

    optimizer: in place of that of the settings, where parts of a problem have their own.

    Raises:
        ValueError: if there are no seeds, or they are not distinct whole numbers.
        TrainingDivergedError: if a loss is not finite.
        CheckpointError: if the workspace holds a checkpoint of another run, or one that was
            made in blocks and lacks a seed.
    """
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {list(seeds)}; give distinct whole numbers, at least one.")
    workspace, optimizer = workspace or Workspace(), optimizer or training.optimizer.build()
    num_steps, evaluate_every = training.num_steps, training.evaluate_every
    steps = np.arange(0, num_steps + 1, evaluate_every)
    mine = workspace.mine(seeds)
    if not mine:
        return _nothing(problem, steps)
    keys = jax.jit(jax.vmap(seed_keys))(np.asarray(mine, np.uint32))
    batch = jax.eval_shape(problem.sample, jax.random.key(0))
    mesh = devices.arrange(len(mine), blocks.batch_size(batch), jax.devices())
    run = _Run(problem, optimizer, mine, keys, mesh)
    run.begin(workspace.checkpoint(name), num_steps)
    chunk_length = math.gcd(evaluate_every, _LONGEST_CHUNK)
    advance = make_chunk(problem, optimizer, chunk_length, mesh)
    with workspace.progress.stage(name, num_steps) as report:
        report(run.step)
        while run.step < num_steps:
            run.advance(advance, chunk_length)
            if run.step % evaluate_every == 0:
                run.evaluate()
            run.save(finished=run.step == num_steps)
            report(run.step)
    return Trained(run.params(), steps, run.history())


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


class _Run:
    """A training in progress: state, metrics so far, and their checkpoint."""

    def __init__(
        self,
        problem: Problem,
        optimizer: optax.GradientTransformation,
        seeds: Sequence[int],
        keys: SeedKeys,
        mesh: Mesh,
    ) -> None:
        self.seeds, self._mesh = seeds, mesh
        self._metrics = jax.jit(devices.over_seeds(problem.evaluate, mesh))
        self._evaluation_batch = devices.place_everywhere(problem.evaluation_batch, mesh)
        self._data_keys = devices.place_seeds(keys.data, mesh)
        # Not under one jit: matrices of one shape then share a compiled draw, 4 times faster.
        # Seed by seed: the last bits of a draw depend on how many are drawn side by side.
        starts = [_start(problem, optimizer, key) for key in keys.init]
        start = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
        self.state = devices.place_seeds(start, mesh)
        self.step, self._evaluations, self._saved_at = 0, [], time.monotonic()
        self._checkpoint: Checkpoint | None = None

    def begin(self, checkpoint: Checkpoint | None, num_steps: int) -> None:
        """Go on where the checkpoint is, or take the metrics of the start."""
        self._checkpoint = checkpoint
        saved = checkpoint.load(self.seeds, num_steps) if checkpoint else None
        if saved is None:
            self.evaluate()
        else:
            self._restore(saved)

    def advance(self, chunk: Chunk, length: int) -> None:
        """Run one chunk; raise if any loss in it is not finite."""
        self.state, losses = chunk(self.state, self._data_keys, np.asarray(self.step))
        bad = np.argwhere(~np.isfinite(devices.fetch(losses)))
        if len(bad):
            seed_index, offset = min(bad.tolist(), key=lambda pair: pair[1])
            raise TrainingDivergedError(self.seeds[seed_index], self.step + offset)
        self.step += length

    def evaluate(self) -> None:
        """Take the metrics of the current parameters."""
        metrics = self._metrics(self.state.params, self._evaluation_batch)
        self._evaluations.append(devices.fetch(dict(metrics)))

    def params(self) -> PyTree:
        """Parameters of every seed, on one device for what is computed from them next."""
        if self._mesh.size == 1:
            return self.state.params
        return jax.tree.map(jnp.asarray, devices.fetch(self.state.params))

    def history(self) -> dict[str, np.ndarray]:
        """Metric name -> [S, E, ...]."""
        return {
            name: np.stack([metrics[name] for metrics in self._evaluations], axis=1)
            for name in self._evaluations[0]
        }

    def save(self, *, finished: bool) -> None:
        """Write the checkpoint if it is due.

        Processes that train together hand their seeds to the first one, all at the same steps.
        """
        together = jax.process_count() > 1
        due = time.monotonic() - self._saved_at >= _SECONDS_BETWEEN_CHECKPOINTS
        if not (finished or (self.step % _STEPS_BETWEEN_HANDOVERS == 0 if together else due)):
            return
        if self._checkpoint is None and not together:
            return
        leaves = jax.tree.leaves(devices.fetch(self.state))
        if self._checkpoint is None or jax.process_index():
            return
        arrays = {f"state/{index:04d}": leaf for index, leaf in enumerate(leaves)}
        arrays |= {f"history/{name}": values for name, values in self.history().items()}
        self._checkpoint.save(arrays, self.seeds, self.step)
        self._saved_at = time.monotonic()

    def _restore(self, saved: Saved) -> None:
        arrays, self.step = saved.arrays, saved.step
        structure = jax.tree.structure(self.state)
        leaves = [jnp.asarray(arrays[f"state/{i:04d}"]) for i in range(structure.num_leaves)]
        self.state = devices.place_seeds(jax.tree.unflatten(structure, leaves), self._mesh)
        stacked = {
            name.removeprefix("history/"): values
            for name, values in arrays.items()
            if name.startswith("history/")
        }
        count = next(iter(stacked.values())).shape[1]
        self._evaluations = [
            {name: values[:, index] for name, values in stacked.items()} for index in range(count)
        ]


def _nothing(problem: Problem, steps: np.ndarray) -> Trained:
    """A training of no seeds."""
    params = jax.eval_shape(problem.init, jax.random.key(0))
    metrics = jax.eval_shape(problem.evaluate, params, problem.evaluation_batch)
    return Trained(
        jax.tree.map(lambda leaf: jnp.zeros((0, *leaf.shape)), params),
        steps,
        {name: np.zeros((0, len(steps), *leaf.shape)) for name, leaf in metrics.items()},
    )


def _start(
    problem: Problem, optimizer: optax.GradientTransformation, key: Key[Array, ""]
) -> TrainingState:
    params = problem.init(key)
    return TrainingState(params, optimizer.init(params))


def take_seed(params: PyTree, index: int) -> PyTree:
    """Parameters of one seed out of stacked ones."""
    return jax.tree.map(lambda leaf: leaf[index], params)
