"""Softmax layers of trained networks replaced by linear ones, one at a time.

Paper B, Figure 5A.
"""

from incontext.experiments import tables
from incontext.experiments.linearised import claims, panels
from incontext.experiments.linearised.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    "state_dim": Column("dimension of a state; sequences have four times as many, count", 1),
    "layer": Column("layer that is replaced, counted from 1; 0 for none", 0),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """Softmax networks with one seed, then the linear layers of each."""
    readers = {one.reader.name: Wanted(one.reader, 1) for one in config.distillations}
    return {**readers, **{one.name: Wanted(one, 1) for one in config.distillations}}


def report(config: Config, networks: Roles) -> Result:
    """Replace one layer at a time."""
    losses = panels.losses(config, networks)
    rows = tables.MetricRows()
    claims.add_losses(losses, rows)
    claims.add_trend(losses, rows)
    return Result(tables={"metrics": rows.table(), "losses": losses}, columns=COLUMNS)


EXPERIMENT = Experiment(
    name="linearised",
    title="Softmax layers replaced by linear ones",
    paper="B",
    figures=("B5A",),
    presets=PRESETS,
    num_seeds={"smoke": 1, "laptop": 1, "reduced": 1},
    trainings=trainings,
    report=report,
)
