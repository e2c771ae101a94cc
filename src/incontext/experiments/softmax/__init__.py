"""Softmax heads, LayerNorm and seeds against one step of gradient descent.

Paper A, Figures 11, 12, 14 and 15 (left and centre).
"""

from incontext.experiments import comparison, tables
from incontext.experiments.softmax import claims, panels
from incontext.experiments.softmax.config import PRESETS, TITLES, Config
from incontext.experiments.softmax.model import algorithms, history
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Column, Result

COLUMNS = {
    "axis": Column("what is scaled: inputs or targets, name"),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """The six networks, and two steps of GD++."""
    found = {name: Wanted(one.network, one.num_seeds) for name, one in config.entrants.items()}
    return {**found, "gdpp": Wanted(config.gdpp, 1)}


def report(config: Config, networks: Roles) -> Result:
    """Compare the networks with the algorithms."""
    trained, tuned = {name: networks[name] for name in TITLES}, algorithms(config, networks["gdpp"])
    along = {name: history(one, tuned.beside(name)) for name, one in trained.items()}
    several = panels.compared(config, trained, tuned)
    losses, scales = panels.losses(config, several), panels.scales(config, several)
    rows = tables.MetricRows()
    claims.add_losses(losses, rows)
    comparison.add_scaled(scales, "inputs", 2.0, rows)
    claims.add_one_head(trained["one_head"], along["one_head"]["cosine_gd"], losses, rows)
    claims.add_final(trained, along, rows)
    claims.add_signs(trained["two_heads"], rows)
    claims.add_drops(trained, losses, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": panels.curves(trained, along),
            "losses": losses,
            "scales": scales,
            "weights": panels.weights(trained["two_heads"]),
        },
        params={
            flat: array
            for name, one in trained.items()
            for flat, array in files.flatten(name, one.params).items()
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="softmax",
    title="Two softmax heads linearise each other",
    paper="A",
    figures=("A11", "A12", "A14", "A15"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 3, "paper": 20},
    trainings=trainings,
    report=report,
)
