"""What paper B calls full mesa: two mesa layers by its text, linear and mesa by its plots.

Paper B, Figure 17, and the curves of that name in Figure 16.
"""

import dataclasses

import pandas as pd

from incontext.experiments import dataset_building, tables
from incontext.experiments.dataset_building import claims, panels
from incontext.experiments.dataset_building.config import Config
from incontext.experiments.dataset_building.model import trained_readers
from incontext.experiments.types import Experiment, Roles
from incontext.records.types import Result

READERS = ("full mesa", "linear, mesa")


def _without_softmax(config: Config) -> Config:
    """The same settings with the readers alone whose first layer is no softmax."""
    readers = tuple(one for one in config.readers if one.name in READERS)
    return dataclasses.replace(config, readers=readers)


def report(config: Config, networks: Roles) -> Result:
    """Probe the first layers, and follow their sensitivities during training."""
    trained = trained_readers(config, networks)
    probed = panels.token_probes(config, trained)
    sensed = panels.sensitivities(config, trained)
    rows = tables.MetricRows()
    claims.add_probes(probed, rows)
    claims.add_sensitivities(sensed, rows)
    curves = pd.concat([tables.curves(one.sensitivity, one.name) for one in trained])
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": curves.reset_index(drop=True),
            "probes": probed,
            "sensitivities": sensed,
        },
        columns=panels.COLUMNS,
    )


EXPERIMENT = Experiment(
    name="full-mesa",
    title="The network called full mesa",
    paper="B",
    figures=("B16", "B17"),
    presets={
        name: _without_softmax(config)
        for name, config in dataset_building.EXPERIMENT.presets.items()
    },
    num_seeds=dataset_building.EXPERIMENT.num_seeds,
    trainings=dataset_building.trainings,
    report=report,
)
