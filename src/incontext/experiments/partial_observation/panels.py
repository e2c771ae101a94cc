"""Losses by position, and how many observations a token holds."""

from collections.abc import Iterator

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from incontext.analysis import learners, probes
from incontext.analysis.learners import Learner
from incontext.baselines import window_regression
from incontext.experiments import sequences, tables
from incontext.experiments.dataset_building.model import first_layer
from incontext.experiments.partial_observation.config import Config
from incontext.experiments.types import Roles
from incontext.models.sequence import SequenceConfig, build
from incontext.networks.network import Networks
from incontext.networks.training import Training
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory
from incontext.training.loop import take_seed


def window_name(length: int) -> str:
    """What tables call the regression on windows."""
    return f"window of {length}"


def algorithms(config: Config) -> list[Learner]:
    """Ridge regressions on windows of several lengths."""
    return [
        learners.algorithm(
            window_name(length),
            lambda t, length=length: window_regression.predict(t.inputs, length, config.ridge),
        )
        for length in config.windows
    ]


def positions(config: Config, networks: Roles) -> pd.DataFrame:
    """Loss of networks and regressions at every position.  Paper B, Figure 7B."""
    compared = [networks[name].learner(name) for name in config.entrants]
    test = fixed_batch(config.task, config.test_size, 1)
    return sequences.positions_table([*compared, *algorithms(config)], test)


def token_probes(config: Config, networks: Roles) -> pd.DataFrame:
    """How well the last observations can be read off the last token after the first layer.

    Squared error per entry, over the variance of an entry: columns model, scoring, seed, back,
    error; back counts from 0, the latest.  Rows of scoring "training" are fitted and scored on
    the same sequences, as published, and use half as many.  Paper B, Figure 2A.
    """
    frames = [
        probed(config, training, networks[name]).assign(model=name)
        for name, training in config.entrants.items()
    ]
    table = pd.concat(frames, ignore_index=True)
    return table[["model", "scoring", "seed", "back", "error"]]


def probed(config: Config, training: Training, found: Networks) -> pd.DataFrame:
    """Probes of one training: columns scoring, seed, back, error."""
    trajectory = fixed_batch(config.task, config.probe_size, 2)
    assert isinstance(trajectory, Trajectory)
    states, network, rows = trajectory.inputs, training.network, []
    assert isinstance(network, SequenceConfig)
    after = jax.jit(lambda params: first_layer(network, params, states))
    for index, seed in enumerate(found.seeds):
        tokens = np.asarray(after(take_seed(found.params, index)))[:, -1]
        for scoring, back, error in _errors(tokens, np.asarray(states), config.looked_for):
            rows.append((scoring, seed, back, error))
    return pd.DataFrame(rows, columns=["scoring", "seed", "back", "error"])


def layer_probes(config: Config, networks: Roles) -> pd.DataFrame:
    """How well the next observation can be read after every layer of the softmax network.

    Half the squared error: columns scoring, seed, layer, t, error; layer 0 is the embedding.
    Paper B, Figure 24.
    """
    trajectory = fixed_batch(config.task, config.probe_size, 2)
    assert isinstance(trajectory, Trajectory)
    network, found = config.softmax.network, networks["softmax"]
    assert isinstance(network, SequenceConfig)
    model = build(network, config.task.observed_dim)
    trace = jax.jit(lambda params: model.trace(params, trajectory.inputs))
    targets, frames = np.asarray(trajectory.targets), []
    for index, seed in enumerate(found.seeds):
        stream = np.asarray(trace(take_seed(found.params, index)))
        for scoring in ("held out", "training"):
            half = slice(0, len(targets) // 2 if scoring == "training" else None)
            errors = probes.probe_stream(stream[:, half], targets[half], scoring=scoring)
            axes = {"layer": range(len(errors)), "t": range(1, errors.shape[1] + 1)}
            frame = tables.long(errors, axes, value="error")
            frames.append(frame.assign(scoring=scoring, seed=seed))
    table = pd.concat(frames, ignore_index=True)
    return table[["scoring", "seed", "layer", "t", "error"]]


def _errors(
    tokens: Float[np.ndarray, "B D"], states: Float[np.ndarray, "B T n"], looked_for: int
) -> Iterator[tuple[str, int, float]]:
    size = states.shape[-1]
    for scoring in ("held out", "training"):
        half = slice(0, len(tokens) // 2 if scoring == "training" else None)
        for back in range(looked_for):
            target = states[half, -1 - back]
            error = 2 / size * probes.linear_probe(tokens[half], target, scoring=scoring)
            yield scoring, back, error


def variance(config: Config) -> float:
    """Mean square of an entry of an observation: the error of a probe that reads nothing."""
    trajectory = fixed_batch(config.task, config.probe_size, 2)
    assert isinstance(trajectory, Trajectory)
    return float(np.mean(np.square(trajectory.inputs)))
