"""Softmax layers of trained networks replaced by linear ones, one at a time.

Paper B, Figures 5A and 19.
"""

from incontext.experiments import tables
from incontext.experiments.linearised import claims, panels
from incontext.experiments.linearised.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    "state_dim": Column("dimension of a state; sequences have four times as many, count", 1),
    "layer": Column("layer that is replaced or compared, counted from 1; 0 for none", 0),
    "product": Column("key-query or output-value, name"),
    "cosine": Column("between the softmax layer's product and the linear layer's, cosine", -1),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """Softmax networks with one seed, then the linear layers of each."""
    whole = (*config.distillations, config.constructed)
    readers = {one.reader.name: Wanted(one.reader, 1) for one in whole}
    return {**readers, **{one.name: Wanted(one, 1) for one in whole}}


def report(config: Config, networks: Roles) -> Result:
    """Replace one layer at a time, and compare weights where channels have an order."""
    losses = panels.losses(config, networks)
    pair = networks[config.constructed.name]
    likeness, replaced = panels.likeness(pair), panels.pair_losses(config, pair)
    rows = tables.MetricRows()
    claims.add_losses(losses, rows)
    claims.add_trend(losses, rows)
    claims.add_likeness(likeness, replaced, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "losses": losses,
            "likeness": likeness,
            "pair_losses": replaced,
        },
        params=panels.pair_weights(pair),
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="linearised",
    title="Softmax layers replaced by linear ones",
    paper="B",
    figures=("B5A", "B19"),
    presets=PRESETS,
    num_seeds={"smoke": 1, "laptop": 1, "reduced": 1},
    trainings=trainings,
    report=report,
)
