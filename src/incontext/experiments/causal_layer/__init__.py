"""One layer of causal linear attention against one gradient step on the growing data set.

Paper B, Figures 3B, 4A (linear attention) and 4C.
"""

from collections.abc import Sequence
from typing import NamedTuple

from incontext.experiments import sequences, tables
from incontext.experiments.causal_layer import claims, panels
from incontext.experiments.causal_layer.config import PRESETS, Config
from incontext.experiments.causal_layer.model import compare, train_layer
from incontext.experiments.sequences import Network
from incontext.experiments.types import Experiment
from incontext.records.types import Result
from incontext.training.workspace import Workspace


class Trained(NamedTuple):
    """The layer, and the one that is interpolated with a step; they may be the same."""

    layer: Network
    interpolated: Network


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> Trained:
    """Train the layer, a second time if the interpolation wants it trained differently."""
    layer = train_layer(config, config.training, seeds, "layer", workspace)
    if config.interpolation == config.training:
        return Trained(layer, layer)
    return Trained(
        layer, train_layer(config, config.interpolation, seeds, "interpolation", workspace)
    )


def report(config: Config, trained: Trained) -> Result:
    """Compare the layer with one step and with eight numbers."""
    network, other = trained
    positions = panels.positions(config, compare(config, network))
    curve = panels.interpolation(config, other)
    rows = tables.MetricRows()
    claims.add_constructions(config, rows)
    claims.add_losses(positions, rows)
    claims.add_weights(config, network, rows)
    claims.add_interpolation(curve, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": tables.curves(network.trained, network.seeds, "trained"),
            "interpolation": curve,
            "positions": positions,
        },
        params={**tables.flatten("trained", network.trained.params), **panels.weights(network)},  # pyright: ignore[reportArgumentType]
        columns=sequences.COLUMNS,
    )


EXPERIMENT = Experiment(
    name="causal-layer",
    title="One causal layer is one step on the growing data set",
    paper="B",
    figures=("B3B", "B4A", "B4C"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    train=train,
    report=report,
)
