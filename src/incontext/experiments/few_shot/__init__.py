"""A model of sequences asked to do regression.

Paper B, Figures 8A, 8B and 18.
"""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.few_shot import claims, panels
from incontext.experiments.few_shot.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.networks.tuning import Tuning
from incontext.records.types import Result


def trainings(config: Config) -> dict[str, Wanted]:
    """Every network, then the EOS tuned for it, then the prefix tuned for both."""
    return {
        panels.role(reader.name, prompt): Wanted(training)
        for reader in config.readers
        for prompt, training in reader.parts.items()
    }


def report(config: Config, networks: Roles) -> Result:
    """Ask networks and regressions the same questions, about one task and about two."""
    compared = [*panels.prompted(config, networks), *panels.regressions(config, networks)]
    losses = panels.losses(config, compared)
    rows = tables.MetricRows()
    claims.add_losses(config, losses, rows)
    claims.add_switches(config, losses, rows)
    curves = [tables.curves(one, name) for name, one in networks.items()]
    tokens = [
        files.flatten(tables.slug(name), one.params["prompt"])
        for name, one in networks.items()
        if isinstance(one.training, Tuning)
    ]
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": pd.concat(curves, ignore_index=True),
            "losses": losses,
        },
        params={name: array for part in tokens for name, array in part.items()},
        columns=panels.COLUMNS,
    )


EXPERIMENT = Experiment(
    name="few-shot",
    title="A sequence model asked to do regression",
    paper="B",
    figures=("B8A", "B8B", "B18"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "reduced": 1, "paper": 1},
    trainings=trainings,
    report=report,
)
