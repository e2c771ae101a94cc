"""One linear self-attention layer against one step of gradient descent.

Paper A, Figures 1 (right), 2, 6 (one layer), 9 (left) and 10.
"""

from collections.abc import Sequence
from typing import NamedTuple

from incontext.experiments import tables
from incontext.experiments.prompts import Network
from incontext.experiments.single_layer import claims, panels
from incontext.experiments.single_layer.config import PRESETS, Config
from incontext.experiments.single_layer.model import compare, of_size, train_layer
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    "axis": Column("what is scaled: inputs, targets, or inputs of three other distributions, name"),
    "steps": Column("applications of the layer, or steps of gradient descent, count", 0),
}


class Trained(NamedTuple):
    """The layer, and for every N = N_x that of this size."""

    layer: Network
    sizes: dict[int, Network]


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> Trained:
    """Train the layer, and anew at every other size."""
    layer = train_layer(config.task, config.training, seeds, "layer", workspace)
    few = seeds[: config.num_size_seeds]
    sizes = {
        size: layer
        if (task := of_size(config.task, size)) == config.task
        else train_layer(task, config.training, few, f"size-{size}", workspace)
        for size in config.sizes
    }
    return Trained(layer, sizes)


def report(config: Config, trained: Trained) -> Result:
    """Compare the layer with gradient descent, roll it out."""
    layer, three = trained.layer, compare(config.task, trained.layer)
    by_size = panels.sizes(config, trained.sizes)
    by_scale = panels.scales(config, three)
    rolled = panels.roll_outs(config, layer)
    rows = tables.MetricRows()
    claims.add_formulas(config, rows)
    claims.add_losses(config, three, rows)
    claims.add_weights(config, layer, rows)
    claims.add_panels(rows, by_size, by_scale, rolled)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": tables.curves(layer.trained, layer.seeds, "trained"),
            "sizes": by_size,
            "scales": by_scale,
            "rollout": rolled,
        },
        params={
            **tables.flatten("trained", layer.trained.params),
            "history/key_query": layer.trained.history["key_query"][:1],
            "history/output_value": layer.trained.history["output_value"][:1],
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="single-layer",
    title="One layer is one step of gradient descent",
    paper="A",
    figures=("A1", "A2", "A6", "A9", "A10"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 2, "paper": 5},
    train=train,
    report=report,
)
