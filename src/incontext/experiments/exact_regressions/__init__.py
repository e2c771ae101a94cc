"""Least squares and softmax-kernel regression by dimension and noise; nothing is trained.

Paper B, Figures 5B and 20: why softmax attention alone cannot be the kernel regression that
induction heads suggest.
"""

import jax

from incontext.experiments import tables
from incontext.experiments.exact_regressions import claims, panels
from incontext.experiments.exact_regressions.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    "state_dim": Column("dimension of a state; sequences have four times as many, count", 1),
    "noise": Column("standard deviation of the noise added at every step, unit of a state", 0),
    "setting": Column("best ridge, or best sharpness of the kernel, number", 0),
    "loss_per_dimension": Column("half the squared error of one entry, mean over positions", 0),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """None."""
    del config
    return {}


def report(config: Config, networks: Roles) -> Result:
    """Predict with both regressions, in float64."""
    del networks
    with jax.enable_x64(True):
        table = panels.dimensions(config)
    rows = tables.MetricRows()
    claims.add_dimensions(table, rows)
    return Result(tables={"metrics": rows.table(), "dimensions": table}, columns=COLUMNS)


EXPERIMENT = Experiment(
    name="exact-regressions",
    title="Least squares and kernel regression by dimension",
    paper="B",
    figures=("B5B", "B20"),
    presets=PRESETS,
    num_seeds={"smoke": 1, "laptop": 1, "paper": 1},
    trainings=trainings,
    report=report,
)
