"""Stacks of causal linear attention, taken apart.

Paper B, Figures 4B (linear attention), 4D, 4E and 4F.
"""

from collections.abc import Sequence
from typing import NamedTuple

from incontext.experiments import sequences, tables
from incontext.experiments.deep_linear import claims, panels
from incontext.experiments.deep_linear.config import PRESETS, Config
from incontext.experiments.deep_linear.model import (
    Compressed,
    algorithms,
    train_compressed,
    train_stack,
)
from incontext.experiments.sequences import Network
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    **sequences.COLUMNS,
    "target": Column("what the probe reads, name"),
    "scoring": Column("sequences that a probe is scored on: held out, or those of its fit, name"),
    "error": Column("half the squared error of the probe, summed over dimensions, mean", 0),
}


class Trained(NamedTuple):
    """Stacks of every depth, the one whose products are kept, and the one of scaled identities."""

    stacks: list[Network]
    interpolated: Network
    compressed: Compressed


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> Trained:
    """Train stacks of several depths and one of scaled identities."""
    stacks, interpolated = train_stacks(config, seeds, workspace)
    return Trained(stacks, interpolated, train_compressed(config, seeds, workspace))


def report(config: Config, trained: Trained) -> Result:
    """Compare the stacks, interpolate and probe them."""
    stacks, interpolated, (scales, compressed) = trained
    learners = [network.learner(f"{network.config.num_layers} layers") for network in stacks]
    positions = panels.positions(config, [*learners, compressed, *algorithms()])
    curve = panels.interpolation(config, interpolated)
    probed = panels.probe(config, stacks[-1])
    rows = tables.MetricRows()
    claims.add_losses(config, positions, rows)
    claims.add_interpolation(curve, rows)
    claims.add_shares(config, stacks[-1], rows)
    claims.add_probes(probed, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "interpolation": curve,
            "positions": positions,
            "probes": probed,
        },
        params={
            **tables.flatten("trained", stacks[-1].trained.params),
            **{f"compressed/{name}": x for name, x in scales.params._asdict().items()},
        },
        columns=COLUMNS,
    )


def train_stacks(
    config: Config, seeds: Sequence[int], workspace: Workspace
) -> tuple[list[Network], Network]:
    """Stacks of every depth, and the one whose products are kept; it may be one of them."""
    networks = [
        train_stack(
            config,
            stack,
            seeds,
            workspace,
            name=f"layers-{stack.num_layers}",
            keep_products=stack == config.interpolated,
        )
        for stack in config.stacks
    ]
    if config.interpolated in config.stacks:
        return networks, networks[config.stacks.index(config.interpolated)]
    kept = train_stack(
        config, config.interpolated, seeds, workspace, name="interpolation", keep_products=True
    )
    return networks, kept


EXPERIMENT = Experiment(
    name="deep-linear",
    title="Deep linear attention taken apart",
    paper="B",
    figures=("B4B", "B4D", "B4E", "B4F"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    train=train,
    report=report,
)
