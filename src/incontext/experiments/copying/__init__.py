"""Copying heads: two layers that first pair inputs with targets, then descend.

Paper A, Figure 5.
"""

from collections.abc import Sequence

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.copying import claims, panels
from incontext.experiments.copying.config import PRESETS, Config
from incontext.experiments.copying.model import first_weighting, train_circuit
from incontext.experiments.prompts import Network
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    "blocked": Column("what the first layer is kept from attending to, name"),
}


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> tuple[Network, Network]:
    """Train with a softmax and with a linear first layer."""
    copying = train_circuit(config, "softmax", seeds, workspace)
    return copying, train_circuit(config, "linear", seeds[: config.linear_seeds], workspace)


def report(config: Config, trained: tuple[Network, Network]) -> Result:
    """Look into the first layer of both."""
    copying, linear = trained
    maps, knocked = panels.maps(config, copying), panels.knock_outs(config, copying)
    rows = tables.MetricRows()
    references = claims.add_references(config, rows)
    claims.add_plateaus(config, copying, references, rows)
    claims.add_ends(config, [copying, linear], rows)
    claims.add_panels(maps, knocked, rows)
    curves = [
        tables.curves(one.trained, one.seeds, first_weighting(one)) for one in (copying, linear)
    ]
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": pd.concat(curves, ignore_index=True),
            "maps": maps,
            "knock_outs": knocked,
        },
        params=tables.flatten("softmax", copying.trained.params),
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="copying",
    title="Copying heads build the regression problem",
    paper="A",
    figures=("A5",),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    train=train,
    report=report,
)
