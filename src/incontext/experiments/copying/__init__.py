"""Copying heads: two layers that first pair inputs with targets, then descend.

Paper A, Figure 5.
"""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.copying import claims, panels
from incontext.experiments.copying.config import PRESETS, Config, first_weighting
from incontext.experiments.copying.model import history
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Column, Result

COLUMNS = {
    "blocked": Column("what the first layer is kept from attending to, name"),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """The circuit, by the weighting of its first layer."""
    return {
        "softmax": Wanted(config.circuit),
        "linear": Wanted(config.linear, config.linear_seeds),
    }


def report(config: Config, networks: Roles) -> Result:
    """Look into the first layer of both."""
    copying, both = networks["softmax"], [networks["softmax"], networks["linear"]]
    along = [history(one, config.sensitivity_tasks) for one in both]
    maps, knocked = panels.maps(config, copying), panels.knock_outs(config, copying)
    rows = tables.MetricRows()
    references = claims.add_references(config, rows)
    claims.add_plateaus(copying, along[0]["sensitivity_next"], references, rows)
    claims.add_ends(config, both, along, rows)
    claims.add_panels(maps, knocked, rows)
    curves = [
        tables.curves(one, first_weighting(one.training), measured)
        for one, measured in zip(both, along, strict=True)
    ]
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": pd.concat(curves, ignore_index=True),
            "maps": maps,
            "knock_outs": knocked,
        },
        params=files.flatten("softmax", copying.params),
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="copying",
    title="Copying heads build the regression problem",
    paper="A",
    figures=("A5",),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    trainings=trainings,
    report=report,
)
