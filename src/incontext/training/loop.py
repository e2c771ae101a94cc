"""The training loop: chunks of steps on the device, all seeds at once.

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
from jax.typing import ArrayLike
from jaxtyping import Float, Key, PyTree

from incontext.training.checkpoints import Checkpoint
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

Chunk = Callable[[TrainingState, Key[Array, " S"], ArrayLike], tuple[TrainingState, Array]]


def train(
    problem: Problem,
    optimizer: optax.GradientTransformation,
    *,
    num_steps: int,
    evaluate_every: int,
    seeds: Sequence[int],
    name: str = "training",
    workspace: Workspace | None = None,
) -> Trained:
    """Train one problem with several seeds side by side.

    Step t of seed s draws its batch from fold_in(data_key(s), t), so a run that
    was interrupted and resumed sees exactly the batches it would have seen.

    Raises:
        ValueError: if there are no seeds, a length is not positive, or num_steps
            is not a multiple of evaluate_every.
        TrainingDivergedError: if a loss is not finite.
        CheckpointError: if the workspace holds a checkpoint of another run.
    """
    _validate(num_steps, evaluate_every, seeds)
    workspace = workspace or Workspace()
    keys = jax.jit(jax.vmap(seed_keys))(np.asarray(seeds, np.uint32))
    run = _Run(problem, optimizer, seeds, keys, workspace.checkpoint(name))
    chunk_length = math.gcd(evaluate_every, _LONGEST_CHUNK)
    advance = make_chunk(problem, optimizer, chunk_length)
    with workspace.progress.stage(name, num_steps) as report:
        report(run.step)
        while run.step < num_steps:
            run.advance(advance, chunk_length)
            if run.step % evaluate_every == 0:
                run.evaluate()
            run.save(finished=run.step == num_steps)
            report(run.step)
    steps = np.arange(0, num_steps + 1, evaluate_every)
    return Trained(run.state.params, steps, run.history())


def make_chunk(problem: Problem, optimizer: optax.GradientTransformation, length: int) -> Chunk:
    """`length` training steps of every seed as one compiled call.

    Returns:
        A function (state, data keys [S], first step) -> (state, losses [S, length]).
    """

    def step(state: TrainingState, key: Key[Array, ""]) -> tuple[TrainingState, Array]:
        loss, gradients = jax.value_and_grad(problem.loss)(state.params, problem.sample(key))
        updates, optimizer_state = optimizer.update(gradients, state.optimizer_state, state.params)
        params = optax.apply_updates(state.params, updates)
        return TrainingState(params, optimizer_state), loss

    def one_seed(
        state: TrainingState, data_key: Key[Array, ""], first: Array
    ) -> tuple[TrainingState, Float[Array, " C"]]:
        keys = jax.vmap(lambda t: jax.random.fold_in(data_key, t))(first + jnp.arange(length))
        return jax.lax.scan(step, state, keys)

    def all_seeds(
        state: TrainingState, data_keys: Key[Array, " S"], first: Array
    ) -> tuple[TrainingState, Float[Array, "S C"]]:
        return over_seeds(lambda pair: one_seed(pair[0], pair[1], first))((state, data_keys))

    return jax.jit(all_seeds, donate_argnums=0)


def over_seeds(function: Callable[[PyTree], PyTree]) -> Callable[[PyTree], PyTree]:
    """Apply a function to every seed of a stacked argument.

    Side by side on an accelerator; one after another on a CPU, whose batched
    small products are slower than a loop over seeds (1.5 times at five layers).
    """
    if jax.default_backend() == "cpu":
        return lambda stacked: jax.lax.map(function, stacked)
    return jax.vmap(function)


class _Run:
    """A training in progress: state, metrics so far, and their checkpoint."""

    def __init__(
        self,
        problem: Problem,
        optimizer: optax.GradientTransformation,
        seeds: Sequence[int],
        keys: SeedKeys,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.seeds, self.keys, self.checkpoint = seeds, keys, checkpoint
        self._metrics = jax.jit(
            lambda params, batch: over_seeds(lambda one: problem.evaluate(one, batch))(params)
        )
        self._evaluation_batch = problem.evaluation_batch
        # Not under one jit: matrices of one shape then share a compiled draw, 4 times faster.
        self.state = jax.vmap(lambda key: _start(problem, optimizer, key))(keys.init)
        self.step, self._evaluations, self._saved_at = 0, [], time.monotonic()
        if not self._restore():
            self.evaluate()

    def advance(self, chunk: Chunk, length: int) -> None:
        """Run one chunk; raise if any loss in it is not finite."""
        self.state, losses = chunk(self.state, self.keys.data, np.asarray(self.step))
        bad = np.argwhere(~np.isfinite(np.asarray(losses)))
        if len(bad):
            seed_index, offset = min(bad.tolist(), key=lambda pair: pair[1])
            raise TrainingDivergedError(self.seeds[seed_index], self.step + offset)
        self.step += length

    def evaluate(self) -> None:
        """Take the metrics of the current parameters."""
        metrics = self._metrics(self.state.params, self._evaluation_batch)
        self._evaluations.append(jax.tree.map(np.asarray, dict(metrics)))

    def history(self) -> dict[str, np.ndarray]:
        """Metric name -> [S, E, ...]."""
        return {
            name: np.stack([metrics[name] for metrics in self._evaluations], axis=1)
            for name in self._evaluations[0]
        }

    def save(self, *, finished: bool) -> None:
        """Write the checkpoint if it is due."""
        due = time.monotonic() - self._saved_at >= _SECONDS_BETWEEN_CHECKPOINTS
        if self.checkpoint is None or not (due or finished):
            return
        leaves = {
            f"state/{i:04d}": np.asarray(x) for i, x in enumerate(jax.tree.leaves(self.state))
        }
        metrics = {f"history/{name}": values for name, values in self.history().items()}
        self.checkpoint.save({**leaves, **metrics}, self.step)
        self._saved_at = time.monotonic()

    def _restore(self) -> bool:
        saved = self.checkpoint.load() if self.checkpoint else None
        if saved is None:
            return False
        arrays, self.step = saved
        structure = jax.tree.structure(self.state)
        leaves = [jnp.asarray(arrays[f"state/{i:04d}"]) for i in range(structure.num_leaves)]
        self.state = jax.tree.unflatten(structure, leaves)
        stacked = {
            name.removeprefix("history/"): values
            for name, values in arrays.items()
            if name.startswith("history/")
        }
        count = next(iter(stacked.values())).shape[1]
        self._evaluations = [
            {name: values[:, index] for name, values in stacked.items()} for index in range(count)
        ]
        return True


def _start(
    problem: Problem, optimizer: optax.GradientTransformation, key: Key[Array, ""]
) -> TrainingState:
    params = problem.init(key)
    return TrainingState(params, optimizer.init(params))


def _validate(num_steps: int, evaluate_every: int, seeds: Sequence[int]) -> None:
    if num_steps < 1 or evaluate_every < 1 or num_steps % evaluate_every:
        raise ValueError(
            f"num_steps is {num_steps} and evaluate_every {evaluate_every}; both must be at "
            "least 1 and the first a multiple of the second."
        )
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {list(seeds)}; give distinct whole numbers, at least one.")


def take_seed(params: PyTree, index: int) -> PyTree:
    """Parameters of one seed out of stacked ones."""
    return jax.tree.map(lambda leaf: leaf[index], params)
