"""One linear self-attention layer against one step of gradient descent.

Paper A, Figures 1 (right), 2, 6 (one layer), 9 (left) and 10.
"""

from incontext.experiments import tables
from incontext.experiments.single_layer import claims, panels
from incontext.experiments.single_layer.config import PRESETS, Config
from incontext.experiments.single_layer.model import clipped, compare, history
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Column, Result

COLUMNS = {
    "axis": Column("what is scaled: inputs, targets, or inputs of three other distributions, name"),
    "steps": Column("applications of the layer, or steps of gradient descent, count", 0),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """The layer, and anew for every other N = N_x."""
    sizes = {size: config.layer_of_size(size) for size in config.sizes}
    return {"layer": Wanted(config.layer)} | {
        f"size {size}": Wanted(one, None if one == config.layer else config.num_size_seeds)
        for size, one in sizes.items()
    }


def report(config: Config, networks: Roles) -> Result:
    """Compare the layer with gradient descent, roll it out."""
    layer = networks["layer"]
    three, along = compare(config.task, layer), history(config.task, layer)
    by_size = panels.sizes(config, {size: networks[f"size {size}"] for size in config.sizes})
    by_scale = panels.scales(config, three, clipped(config, layer))
    rolled = panels.roll_outs(config, layer)
    rows = tables.MetricRows()
    claims.add_formulas(config, rows)
    claims.add_losses(config, three, rows)
    claims.add_weights(config, layer, along, rows)
    claims.add_panels(rows, by_size, by_scale, rolled)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": tables.curves(layer, "trained", along),
            "sizes": by_size,
            "scales": by_scale,
            "rollout": rolled,
        },
        params={
            **files.flatten("trained", layer.params),
            "history/key_query": along["key_query"][:1],
            "history/output_value": along["output_value"][:1],
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
    trainings=trainings,
    report=report,
)
