"""Blocks of attention and MLP against gradient descent and GD++ of as many steps.

Paper A, Figure 8.
"""

from incontext.experiments import tables
from incontext.experiments.deep_blocks import panels
from incontext.experiments.deep_blocks.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Result


def trainings(config: Config) -> dict[str, Wanted]:
    """The blocks, and GD++ of as many steps."""
    return {"blocks": Wanted(config.network), "GD++": Wanted(config.gdpp, 1)}


def report(config: Config, networks: Roles) -> Result:
    """Losses at the end, and how close predictions come to either algorithm during training."""
    trained = networks["blocks"]
    compared = panels.algorithms(config, networks["GD++"])
    measured = panels.along(trained, compared)
    losses = panels.losses(config, trained, compared)
    rows = tables.MetricRows()
    panels.add_losses(losses, rows)
    panels.add_alignment(measured, trained.seeds, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": tables.curves(trained, "trained", measured),
            "losses": losses,
        }
    )


EXPERIMENT = Experiment(
    name="deep-blocks",
    title="Twelve blocks of attention and MLP",
    paper="A",
    figures=("A8",),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "reduced": 1, "paper": 1},
    trainings=trainings,
    report=report,
)
