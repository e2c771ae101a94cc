"""The panels that follow from trained readers: positions, probes, maps, sensitivities."""

import functools
from collections.abc import Sequence

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float, PyTree

from incontext.analysis import probes
from incontext.analysis.past_sensitivity import past_sensitivity
from incontext.experiments import sequences, tables
from incontext.experiments.dataset_building.config import Config
from incontext.experiments.dataset_building.model import (
    TrainedReader,
    algorithms,
    attention,
    first_layer,
    test_sequences,
)
from incontext.models.sequence import SequenceConfig
from incontext.records.types import Column
from incontext.training.devices import over_seeds
from incontext.training.loop import take_seed

COLUMNS = {
    **sequences.COLUMNS,
    "state": Column("which state is looked for in the last token, counted from 1", 1),
    "scoring": Column("sequences that a probe is scored on: held out, or those of its fit, name"),
    "error": Column("squared error of the probe, mean over dimensions", 0),
    "sensitivity": Column("length of the derivative, mean over channels and sequences", 0),
}


def positions(config: Config, trained: Sequence[TrainedReader]) -> pd.DataFrame:
    """Loss of networks and algorithms at every position.  Paper B, Figure 7A."""
    learners = [one.prediction.learner(one.name) for one in trained]
    return sequences.positions_table([*learners, *algorithms()], test_sequences(config))


def token_probes(config: Config, trained: Sequence[TrainedReader]) -> pd.DataFrame:
    """How well the last states can be read off the last token after the first layer.

    Rows of scoring "training" are fitted and scored on the same sequences, as published, and
    use half as many of them.  Paper B, Figures 2A and 17.
    """
    states = test_sequences(config).inputs[: config.probe_size]
    frames = []
    for one in trained:
        after = jax.jit(lambda params, network=one.network: first_layer(network, params, states))
        for index, seed in enumerate(one.probe.seeds):
            tokens = np.asarray(after(take_seed(one.probe.params, index)))[:, -1]
            for scoring in ("held out", "training"):
                frame = _probe(tokens, np.asarray(states), config.window, scoring)
                frames.append(frame.assign(model=one.name, seed=seed, scoring=scoring))
    table = pd.concat(frames, ignore_index=True)
    return table[["model", "scoring", "seed", "state", "error"]]


def _probe(
    tokens: Float[np.ndarray, "B D"],
    states: Float[np.ndarray, "B T n"],
    window: int,
    scoring: probes.Scoring,
) -> pd.DataFrame:
    """Mean squared error per dimension of each of the last `window` states."""
    _, length, size = states.shape
    half = slice(0, len(tokens) // 2 if scoring == "training" else None)
    wanted = range(length - window + 1, length + 1)
    errors = [
        2 / size * probes.linear_probe(tokens[half], states[half, t - 1], scoring=scoring)
        for t in wanted
    ]
    return pd.DataFrame({"state": list(wanted), "error": errors})


def maps(config: Config, trained: Sequence[TrainedReader]) -> pd.DataFrame:
    """Attention of softmax first layers, head by head: rows attend, columns are attended.

    Paper B, Figures 3A, 14 and 15.
    """
    states = test_sequences(config).inputs[: config.map_size]
    frames = []
    for one in trained:
        if one.network.kinds[0] != "softmax":
            continue
        weights = _attention(one, states)
        labels = [range(size) for size in weights.shape[1:]]
        axes = dict(zip(("head", "row", "column"), labels, strict=True))
        frame = tables.long(weights, {"seed": one.probe.seeds, **axes}, value="value")
        past = frame[frame["column"] <= frame["row"]]
        frames.append(past.assign(model=one.name))
    table = pd.concat(frames, ignore_index=True)
    return table[["model", "seed", "head", "row", "column", "value"]]


def _attention(one: TrainedReader, states: jax.Array) -> np.ndarray:
    """Mean attention of every seed and head, [S, H, T, T]."""
    each = over_seeds(lambda params: attention(one.network, params, states))
    return np.asarray(jax.jit(each)(one.probe.params))


def sensitivities(config: Config, trained: Sequence[TrainedReader]) -> pd.DataFrame:
    """Sensitivity of the last token after the first layer to every state, during training.

    Paper B, Figure 16.
    """
    frames = []
    for one in trained:
        networks = one.sensitivity
        states = networks.training.evaluation_batch().inputs[: config.sensitivity_size]

        def measure(
            params: PyTree, network: SequenceConfig = one.network, states: jax.Array = states
        ) -> dict[str, jax.Array]:
            after = functools.partial(first_layer, network, params)
            return {"sensitivity": past_sensitivity(after, states)}

        axes = {
            "seed": networks.seeds,
            "step": networks.kept_steps,
            "state": range(1, config.task.length + 1),
        }
        values = networks.along(measure)["sensitivity"]
        frames.append(tables.long(values, axes, value="sensitivity").assign(model=one.name))
    table = pd.concat(frames, ignore_index=True)
    return table[["model", "seed", "step", "state", "sensitivity"]]
