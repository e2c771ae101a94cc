"""Probes of a stack on constructed tokens: the next state and the preconditioned input."""

import jax
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import probes
from incontext.baselines import proposition2
from incontext.baselines.proposition2 import Rates
from incontext.experiments import tables
from incontext.models.sequence import SequenceConfig, build
from incontext.networks.network import Networks
from incontext.records.types import Column
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory
from incontext.training.loop import take_seed

PROBE_PURPOSE = 2
COLUMNS = {
    "target": Column("what the probe reads, name"),
    "scoring": Column("sequences that a probe is scored on: held out, or those of its fit, name"),
    "error": Column("half the squared error of the probe, summed over dimensions, mean", 0),
}


def probe(networks: Networks, size: int, rates: Rates) -> pd.DataFrame:
    """Errors by layer and length: columns target, scoring, seed, layer, t, error.

    rates: of the iteration that gives the preconditioned input.
    Rows of scoring "training" are fitted and scored on the same sequences, as published.

    Source: paper B, Figures 4E, 4F, 11B and 12B.
    """
    trajectory = fixed_batch(networks.training.task, size, PROBE_PURPOSE)
    assert isinstance(trajectory, Trajectory)
    wanted = jax.jit(lambda one: _wanted(one, rates))(trajectory)
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


def add_metrics(table: pd.DataFrame, rows: tables.MetricRows, *, prefix: str = "") -> None:
    """Errors, ratios and order of the probes at the greatest length, by how they are scored."""
    last = table[table["t"] == table["t"].max()]
    for (target, scoring), part in last.groupby(["target", "scoring"]):
        name = {"next state": "target", "preconditioned input": "preconditioned"}[str(target)]
        name += "_training" if scoring == "training" else ""
        errors = part.pivot(index="seed", columns="layer", values="error")
        for layer in errors.columns:
            rows.add(f"{prefix}{name}_probe_layer_{layer}", errors[layer], errors.index)
        ratio = errors[0] / errors[errors.columns.max()]
        rows.add(f"{prefix}{name}_probe_ratio", ratio, errors.index)
        rises = (np.diff(errors.to_numpy(), axis=1) > 0).sum(axis=1)
        rows.add(f"{prefix}{name}_probe_rises", rises, errors.index)


def _trace(networks: Networks, params: PyTree, trajectory: Trajectory) -> Array:
    training = networks.training
    assert isinstance(training.network, SequenceConfig)
    model = build(training.network, trajectory.targets.shape[-1])
    return model.trace(params, training.layout(trajectory))  # pyright: ignore - of trajectories


def _wanted(trajectory: Trajectory, rates: Rates) -> dict[str, Array]:
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
