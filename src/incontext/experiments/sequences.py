"""What all experiments on trajectories share: a network, its problem, its loss by position."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pandas as pd
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.learners import NO_SEED
from incontext.experiments import tables
from incontext.experiments.prompts import evaluation_key
from incontext.models.sequence import SequenceConfig, SequenceModel, build
from incontext.records.types import Column
from incontext.tasks.types import Trajectory, TrajectoryTask
from incontext.training.config import TrainingConfig
from incontext.training.devices import over_seeds
from incontext.training.loop import train
from incontext.training.state import Problem, Trained
from incontext.training.workspace import Workspace

Layout = Callable[[Trajectory], Array]  # trajectory -> tokens [B, T, D]
Predictor = Callable[[Trajectory], Float[Array, "B T n"]]
Metrics = Callable[[PyTree, Trajectory], Mapping[str, Array]]

TEST_BATCH = 256  # test sequences that are evaluated side by side

COLUMNS = {"t": Column("number of states read before the prediction, count", 1)}


class Learner(NamedTuple):
    """A named way to predict the next state at every position, once per training seed.

    predict: trajectory -> [S, B, T, n].  seeds: (-1,) for an algorithm.
    """

    name: str
    seeds: tuple[int, ...]
    predict: Callable[[Trajectory], Float[Array, "S B T n"]]


def algorithm(name: str, predict: Predictor) -> Learner:
    """A learner that is not trained."""
    return Learner(name, (NO_SEED,), lambda trajectory: predict(trajectory)[None])


def parametric(
    name: str,
    predict: Callable[[PyTree, Trajectory], Float[Array, "B T n"]],
    params: PyTree,
    seeds: Sequence[int],
) -> Learner:
    """A learner with parameters; every leaf of `params` has a leading seed axis."""
    return Learner(
        name,
        tuple(seeds),
        lambda trajectory: over_seeds(lambda one: predict(one, trajectory))(params),
    )


class Network(NamedTuple):
    """A network over trajectories, trained with several seeds."""

    config: SequenceConfig
    layout: Layout
    trained: Trained
    seeds: tuple[int, ...]

    @property
    def model(self) -> SequenceModel:
        """The network as pure functions."""
        return build(self.config)

    def learner(self, name: str) -> Learner:
        """The network as a learner, one prediction per seed."""
        return parametric(
            name,
            lambda params, trajectory: self.model.apply(params, self.layout(trajectory)),
            self.trained.params,
            self.seeds,
        )


def position_losses(
    predictions: Float[Array, "*S B T n"], trajectory: Trajectory
) -> Float[Array, "*S B T"]:
    """Half the squared error at every position, 1/2 |s_hat_{t+1} - s_{t+1}|^2."""
    targets = jnp.broadcast_to(trajectory.targets, predictions.shape)
    return 0.5 * jnp.sum((predictions - targets) ** 2, axis=-1)


def trajectory_problem(
    task: TrajectoryTask,
    config: SequenceConfig,
    training: TrainingConfig,
    layout: Layout,
    metrics: Metrics | None = None,
) -> Problem:
    """Train a network to predict every next state, on half the squared error.

    loss = 1 / (2 B T) sum_{b,t} |s_hat_{t+1} - s_{t+1}|^2.  The metric "loss" is always
    taken; `metrics` adds others.

    Source: paper B, Equation 66.
    """
    model = build(config)

    def loss(params: PyTree, trajectory: Trajectory) -> Array:
        return jnp.mean(position_losses(model.apply(params, layout(trajectory)), trajectory))

    def evaluate(params: PyTree, trajectory: Trajectory) -> dict[str, Array]:
        others = {} if metrics is None else metrics(params, trajectory)
        return {"loss": loss(params, trajectory), **others}

    evaluation = fixed_trajectories(task, training.evaluation_size, 0)
    return Problem(
        init=lambda key: model.init(key, layout(Trajectory(jnp.zeros_like(evaluation.states[:1])))),
        sample=lambda key: task.sample(training.batch_size, key=key),
        loss=loss,
        evaluate=evaluate,
        evaluation_batch=evaluation,
    )


def train_network(
    problem: Problem,
    config: SequenceConfig,
    training: TrainingConfig,
    seeds: Sequence[int],
    *,
    layout: Layout,
    name: str,
    workspace: Workspace,
) -> Network:
    """Train the network of a problem made by `trajectory_problem`."""
    trained = train(
        problem,
        training,
        seeds=seeds,
        name=name,
        workspace=workspace,
    )
    return Network(config, layout, trained, tuple(seeds))


def losses_by_position(
    learners: Sequence[Learner], trajectory: Trajectory, *, batch_size: int = TEST_BATCH
) -> list[Float[Array, "S T"]]:
    """Mean loss of every learner and seed at every position, on the same trajectories.

    Source: paper B, Figures 4C, 4D, 6C and 7, each a mean over ten batches of 256.
    """
    size = min(batch_size, trajectory.states.shape[0])

    @jax.jit
    def means(states: Array) -> list[Array]:
        def one(batch: Array) -> list[Array]:
            part = Trajectory(batch)
            return [
                jnp.mean(position_losses(learner.predict(part), part), axis=-2)
                for learner in learners
            ]

        batches = states.reshape(-1, size, *states.shape[1:])
        return [jnp.mean(values, axis=0) for values in jax.lax.map(one, batches)]

    return means(trajectory.states)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _sample(task: TrajectoryTask, size: int, key: Array) -> Trajectory:
    return task.sample(size, key=key)


def fixed_trajectories(task: TrajectoryTask, size: int, purpose: int) -> Trajectory:
    """Trajectories of one purpose, the same in every run and never used for training.

    Purpose 0 is the evaluation during training, 1 the test.  Compiled once per size.
    """
    return _sample(task, size, evaluation_key(purpose))


def losses_by_model(positions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A table of positions as one table per model: a row per seed, a column per position t."""
    return {
        str(model): part.pivot(index="seed", columns="t", values="loss")
        for model, part in positions.groupby("model")
    }


def positions_table(learners: Sequence[Learner], trajectory: Trajectory) -> pd.DataFrame:
    """Losses of several learners on the same trajectories: columns model, seed, t, loss."""
    frames = [
        tables.long(
            values, {"seed": learner.seeds, "t": range(1, values.shape[-1] + 1)}, value="loss"
        ).assign(model=learner.name)
        for learner, values in zip(learners, losses_by_position(learners, trajectory), strict=True)
    ]
    return pd.concat(frames, ignore_index=True)[["model", "seed", "t", "loss"]]
