"""A training step of a problem: timed in chunks, counted once."""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks import counting
from benchmarks.counting import Count
from incontext.training.loop import make_chunk
from incontext.training.state import Problem, TrainingState, seed_keys


class Chunk:
    """A chunk of training that can be run and timed again and again.

    compile_seconds: what lowering and compiling took.  temporary_bytes: memory of one call.
    """

    def __init__(
        self, problem: Problem, optimizer: optax.GradientTransformation, length: int, seeds: int
    ) -> None:
        keys = jax.vmap(seed_keys)(jnp.arange(seeds, dtype=jnp.uint32))
        # Not under jit: matrices of one shape then share a compiled draw.
        params = jax.vmap(problem.init)(keys.init)
        self._state = TrainingState(params, jax.vmap(optimizer.init)(params))
        self._keys, self._length, self._seeds = keys.data, length, seeds
        chunk: Any = make_chunk(problem, optimizer, length)
        start = time.perf_counter()
        self._program = chunk.lower(self._state, self._keys, np.asarray(0)).compile()
        self.compile_seconds = time.perf_counter() - start
        memory = self._program.memory_analysis()
        self.temporary_bytes = float(getattr(memory, "temp_size_in_bytes", 0) or 0)
        self._losses = jnp.zeros((seeds, length))

    @property
    def last_loss(self) -> float:
        """Training loss of the first seed at the last step."""
        return float(self._losses[0, -1])

    def turn(self, least_seconds: float = 0.0) -> float:
        """Milliseconds per seed-step of as many calls as take `least_seconds`."""
        calls, start = 0, time.perf_counter()
        while True:
            self._state, self._losses = self._program(self._state, self._keys, np.asarray(0))
            jax.block_until_ready(self._losses)
            calls += 1
            took = time.perf_counter() - start
            if took >= least_seconds:
                return took / (calls * self._length * self._seeds) * 1e3


class Drawing:
    """The drawing of a problem's batches alone, timed the same way."""

    def __init__(self, problem: Problem, length: int) -> None:
        def draw(key: jax.Array) -> jax.Array:
            first = [jnp.sum(leaf[0]) for leaf in jax.tree.leaves(problem.sample(key))]
            return jnp.sum(jnp.stack(first))  # something has to be looked at

        keys = jax.random.split(jax.random.key(0), length)
        self._keys, self._length = keys, length
        self._program = jax.jit(lambda keys: jax.lax.map(draw, keys)).lower(keys).compile()

    def turn(self, least_seconds: float = 0.0) -> float:
        """Milliseconds per batch."""
        calls, start = 0, time.perf_counter()
        while True:
            jax.block_until_ready(self._program(self._keys))
            calls += 1
            took = time.perf_counter() - start
            if took >= least_seconds:
                return took / (calls * self._length) * 1e3


def count_step(problem: Problem, optimizer: optax.GradientTransformation) -> Count:
    """Operations, bytes and launches of one step of one seed."""

    def step(state: TrainingState, key: jax.Array) -> TrainingState:
        _, gradients = jax.value_and_grad(problem.loss)(state.params, problem.sample(key))
        updates, rest = optimizer.update(gradients, state.optimizer_state, state.params)
        return TrainingState(optax.apply_updates(state.params, updates), rest)

    params = jax.eval_shape(problem.init, jax.random.key(0))
    state = TrainingState(params, jax.eval_shape(optimizer.init, params))
    return counting.count(step, state, jax.random.key(1))


def count_drawing(problem: Problem) -> Count:
    """Operations, bytes and launches of drawing one batch."""
    return counting.count(problem.sample, jax.random.key(1))


def count_evaluation(problem: Problem) -> Count:
    """Operations, bytes and launches of one evaluation of one seed."""
    params = jax.eval_shape(problem.init, jax.random.key(0))
    return counting.count(problem.evaluate, params, problem.evaluation_batch)


def evaluation(problem: Problem) -> tuple[float, Callable[[], float]]:
    """Seconds to compile the evaluation of one seed, and a turn that takes its seconds."""
    params = problem.init(jax.random.key(0))
    start = time.perf_counter()
    program = jax.jit(problem.evaluate).lower(params, problem.evaluation_batch).compile()
    compiled = time.perf_counter() - start

    def turn() -> float:
        begun = time.perf_counter()
        jax.block_until_ready(program(params, problem.evaluation_batch))
        return time.perf_counter() - begun

    return compiled, turn
