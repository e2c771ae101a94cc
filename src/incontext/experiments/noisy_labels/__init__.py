"""Networks of clean tasks, and the algorithms they learned, on prompts with noisy labels.

A named option of the authors' code of paper A that the paper does not show.
"""

from incontext.experiments import tables
from incontext.experiments.noisy_labels import claims, panels
from incontext.experiments.noisy_labels.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    "depth": Column("layers of the network, steps of the algorithm, count", 1),
    "noisy": Column("labels of the context that are replaced by noise, count", 0),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """One layer, several, and GD++ of as many steps, all of other figure groups."""
    return {
        "one layer": Wanted(config.layer),
        "several layers": Wanted(config.depth.network, config.depth.num_seeds),
        "GD++": Wanted(config.depth.gdpp, 1),
    }


def report(config: Config, networks: Roles) -> Result:
    """Replace labels of the context by noise."""
    found = panels.noisy(
        config, networks["one layer"], networks["several layers"], networks["GD++"]
    )
    rows = tables.MetricRows()
    claims.add_noisy(found, rows)
    return Result(tables={"metrics": rows.table(), "noisy": found}, columns=COLUMNS)


EXPERIMENT = Experiment(
    name="noisy-labels",
    title="Noisy labels",
    paper="A",
    figures=("Ax",),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    trainings=trainings,
    report=report,
)
