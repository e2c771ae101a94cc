"""One linear self-attention layer against one step of gradient descent.

Paper A, Figures 1 (right), 2, 6 (one layer), 9 (left) and 10.
"""

from collections.abc import Sequence

from incontext.experiments import tables
from incontext.experiments.single_layer import claims, panels
from incontext.experiments.single_layer.config import PRESETS, Config
from incontext.experiments.single_layer.model import compare, train_layer
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    "axis": Column("what is scaled: inputs, targets, or inputs of three other distributions, name"),
    "steps": Column("applications of the layer, or steps of gradient descent, count", 0),
}


def run(config: Config, *, seeds: Sequence[int], workspace: Workspace | None = None) -> Result:
    """Train the layer, compare it with gradient descent, roll it out."""
    workspace = workspace or Workspace()
    trained = train_layer(config.task, config.training, seeds, "layer", workspace)
    layer, three = panels.Layer(trained, seeds), compare(config.task, trained, seeds)
    by_size = panels.sizes(config, layer, workspace)
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
            "curves": tables.curves(trained, seeds, "trained"),
            "sizes": by_size,
            "scales": by_scale,
            "rollout": rolled,
        },
        params={
            **tables.flatten("trained", trained.params),
            "history/key_query": trained.history["key_query"][:1],
            "history/output_value": trained.history["output_value"][:1],
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
    run=run,
)
