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

READERS = {"smoke": ("full mesa", "linear, mesa"), "laptop": ("full mesa", "linear, mesa")}
PLOTTED = ("linear, mesa",)  # at `paper`, where the record of dataset-building has the other one


def _preset(name: str, config: Config) -> Config:
    """The same settings with fewer readers, none of which has a softmax layer."""
    names = READERS.get(name, PLOTTED)
    return dataclasses.replace(
        config, readers=tuple(one for one in config.readers if one.name in names)
    )


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
        name: _preset(name, config) for name, config in dataset_building.EXPERIMENT.presets.items()
    },
    num_seeds=dataset_building.EXPERIMENT.num_seeds,
    trainings=dataset_building.trainings,
    report=report,
)
