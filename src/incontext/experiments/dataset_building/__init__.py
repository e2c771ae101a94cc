"""Networks that read raw states, and how their first layer binds neighbours.

Paper B, Figures 2A (fully observed), 3A, 7A and 16, with 14, 15 and 17.
"""

from collections.abc import Sequence

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.dataset_building import claims, panels
from incontext.experiments.dataset_building.config import PRESETS, Config
from incontext.experiments.dataset_building.model import Trainings, train_reader
from incontext.experiments.types import Experiment
from incontext.records.types import Result
from incontext.training.workspace import Workspace


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> list[Trainings]:
    """Train all readers."""
    return [train_reader(config, reader, seeds, workspace) for reader in config.readers]


def report(config: Config, trainings: list[Trainings]) -> Result:
    """Measure losses, probes, attention and sensitivities."""
    positions = panels.positions(config, trainings)
    probed = panels.token_probes(config, trainings)
    attended = panels.maps(config, trainings)
    sensed = panels.sensitivities(config, trainings)
    rows = tables.MetricRows()
    claims.add_losses(config, positions, trainings, rows)
    claims.add_probes(probed, rows)
    claims.add_maps(attended, rows)
    claims.add_sensitivities(sensed, rows)
    curves = [
        tables.curves(one.sensitivity.trained, one.sensitivity.seeds, one.reader.name)
        for one in trainings
    ]
    params = [
        tables.flatten(tables.slug(one.reader.name), one.prediction.trained.params)
        for one in trainings
    ]
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": pd.concat(curves, ignore_index=True),
            "positions": positions,
            "probes": probed,
            "maps": attended,
            "sensitivities": sensed,
        },
        params={name: array for part in params for name, array in part.items()},
        columns=panels.COLUMNS,
    )


EXPERIMENT = Experiment(
    name="dataset-building",
    title="Building the data set",
    paper="B",
    figures=("B2A", "B3A", "B7A", "B16"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 3},
    train=train,
    report=report,
)
