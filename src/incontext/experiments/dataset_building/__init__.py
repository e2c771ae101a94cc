"""Networks that read raw states, and how their first layer binds neighbours.

Paper B, Figures 2A (fully observed), 3A, 7A and 16, with 10, 14 and 15.
"""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.dataset_building import claims, panels
from incontext.experiments.dataset_building.config import PRESETS, Config
from incontext.experiments.dataset_building.model import trained_readers
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Result


def trainings(config: Config) -> dict[str, Wanted]:
    """What every reader is trained for; parts may be of one training."""
    return {
        f"{reader.name}, {purpose}": Wanted(one.training)
        for reader in config.readers
        for purpose, one in reader.parts.items()
    }


def report(config: Config, networks: Roles) -> Result:
    """Measure losses, probes, attention and sensitivities."""
    trained = trained_readers(config, networks)
    positions = panels.positions(config, trained)
    probed = panels.token_probes(config, trained)
    attended = panels.maps(config, trained)
    sensed = panels.sensitivities(config, trained)
    rows = tables.MetricRows()
    claims.add_losses(config, positions, trained, rows)
    claims.add_probes(probed, rows)
    claims.add_maps(attended, rows)
    claims.add_sensitivities(sensed, rows)
    curves = [tables.curves(one.sensitivity, one.name) for one in trained]
    params = [files.flatten(tables.slug(one.name), one.prediction.params) for one in trained]
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
    figures=("B2A", "B3A", "B7A", "B10", "B16"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 3},
    trainings=trainings,
    report=report,
)
