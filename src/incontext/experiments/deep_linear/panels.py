"""The panels that follow from trained stacks: positions and probes."""

from collections.abc import Sequence

import jax
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import learners, probes
from incontext.analysis.learners import Learner
from incontext.baselines import causal_gradient_step, proposition2
from incontext.experiments import sequences, tables
from incontext.experiments.deep_linear.config import Config
from incontext.models.sequence import SequenceConfig, build
from incontext.networks.network import Networks
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory
from incontext.training.loop import take_seed

_LEARNING_RATE = 0.032  # of the gradient step of Figure 4C


def algorithms() -> list[Learner]:
    """One gradient step, and Proposition 2 with and without the latest transition."""
    rates = proposition2.published_rates()
    return [
        learners.algorithm(
            "gradient descent",
            lambda t: causal_gradient_step.predict(t.inputs, _LEARNING_RATE),
        ),
        learners.algorithm("Proposition 2", lambda t: proposition2.predict(t.inputs, rates)),
        learners.algorithm(
            "Proposition 2, one late", lambda t: proposition2.predict(t.inputs, rates, delay=1)
        ),
    ]


def positions(config: Config, compared: Sequence[Learner]) -> pd.DataFrame:
    """Loss of every learner at every position.  Paper B, Figure 4D."""
    return sequences.positions_table(compared, fixed_batch(config.task, config.test_size, 1))


def probe(config: Config, networks: Networks) -> pd.DataFrame:
    """Probes of the deepest stack, by layer and length.  Paper B, Figures 4E and 4F.

    Rows of scoring "training" are fitted and scored on the same sequences, as published.
    """
    trajectory = fixed_batch(config.task, config.probe_size, 2)
    wanted = jax.jit(_wanted)(trajectory)
    trace = jax.jit(lambda params: _trace(networks, params, trajectory))
    frames = []
    for index, seed in enumerate(networks.seeds):
        stream = np.asarray(trace(take_seed(networks.params, index)))
        for target, scoring in (
            ("next state", "held out"),
            ("preconditioned input", "held out"),
            ("next state", "training"),
            ("preconditioned input", "training"),
        ):
            errors = _errors(stream, np.asarray(wanted[target]), target, scoring)  # pyright: ignore[reportArgumentType]
            axes = {"layer": range(len(errors)), "t": range(1, errors.shape[1] + 1)}
            frame = tables.long(errors, axes, value="error")
            frames.append(frame.assign(target=target, scoring=scoring, seed=seed))
    table = pd.concat(frames, ignore_index=True)
    return table[["target", "scoring", "seed", "layer", "t", "error"]]


def _trace(networks: Networks, params: PyTree, trajectory: Trajectory) -> Array:
    training = networks.training
    assert isinstance(training.network, SequenceConfig)
    model = build(training.network, trajectory.targets.shape[-1])
    return model.trace(params, training.layout(trajectory))  # pyright: ignore - of trajectories


def _wanted(trajectory: Trajectory) -> dict[str, Array]:
    rates = proposition2.published_rates()
    return {
        "next state": trajectory.targets,
        "preconditioned input": proposition2.precondition(trajectory.inputs, rates),
    }


def _errors(
    stream: np.ndarray, wanted: np.ndarray, target: str, scoring: probes.Scoring
) -> np.ndarray:
    """Errors [L + 1, T]; the published scoring uses half as many sequences, all of them twice."""
    if scoring == "training":
        half = wanted.shape[0] // 2
        stream, wanted = stream[:, :half], wanted[:half]
    select = probes.within_two_deviations if target == "preconditioned input" else None
    return probes.probe_stream(stream, wanted, scoring=scoring, select=select)
