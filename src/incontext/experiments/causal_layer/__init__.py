"""One layer of causal linear attention against one gradient step on the growing data set.

Paper B, Figures 3B, 4A (linear attention) and 4C.
"""

from incontext.experiments import sequences, tables
from incontext.experiments.causal_layer import claims
from incontext.experiments.causal_layer.config import PRESETS, Config
from incontext.experiments.causal_layer.model import compare
from incontext.experiments.interpolation import interpolation
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.models.attention import merge
from incontext.networks import files
from incontext.records.types import Result
from incontext.tasks.fixed import fixed_batch


def trainings(config: Config) -> dict[str, Wanted]:
    """The layer, and the one that is interpolated; they may be the same."""
    return {"layer": Wanted(config.layer), "interpolated": Wanted(config.interpolated)}


def report(config: Config, networks: Roles) -> Result:
    """Compare the layer with one step and with eight numbers.

    Tables: Figure 4C is "positions", Figure 4A "interpolation"; Figure 3B draws the products.
    """
    layer = networks["layer"]
    products = merge(layer.params["layer_0"])
    test = fixed_batch(config.task, config.test_size, 1)
    positions = sequences.positions_table(compare(config, layer), test)
    curve = interpolation(networks["interpolated"], config.compressed_at)
    rows = tables.MetricRows()
    claims.add_constructions(config, rows)
    claims.add_losses(positions, rows)
    claims.add_weights(config, layer, rows)
    claims.add_interpolation(curve, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": tables.curves(layer, "trained"),
            "interpolation": curve,
            "positions": positions,
        },
        params={
            **files.flatten("trained", layer.params),
            **files.flatten("products", products._asdict()),
        },
        columns=sequences.COLUMNS,
    )


EXPERIMENT = Experiment(
    name="causal-layer",
    title="One causal layer is one step on the growing data set",
    paper="B",
    figures=("B3B", "B4A", "B4C"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    trainings=trainings,
    report=report,
)
