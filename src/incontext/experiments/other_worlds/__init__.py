"""Two other worlds: maps that contract, and one map for all sequences.

Paper B, Figures 11 and 12.
"""

from incontext.experiments import sequences, stack_probes, tables
from incontext.experiments.other_worlds import claims, panels
from incontext.experiments.other_worlds.config import (
    CONTRACTING,
    ONE_MAP,
    PRESETS,
    Config,
    role,
)
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Column, Result

COLUMNS = {
    **sequences.COLUMNS,
    **stack_probes.COLUMNS,
    "world": Column("dynamics that a network is trained and tested on, name"),
    "part": Column("contracting sequences that shrink, or stay large, name"),
    "trained_in": Column("dynamics of training, name"),
    "tested_in": Column("dynamics of the test, name"),
    "zero": Column("loss of predicting zero, half the squared error, mean", 0),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """The networks of all worlds; those of the usual dynamics with one seed."""
    return {
        role(world, one): Wanted(one)
        for world, entrants in config.worlds.items()
        for one in entrants
    }


def report(config: Config, networks: Roles) -> Result:
    """Compare the networks in their own world and in the others, and probe the deepest."""
    compared = panels.trained(config, networks)
    worlds = [world for world in (CONTRACTING, ONE_MAP) if world in compared]
    losses = {world: panels.losses(config, compared, world) for world in worlds}
    layers = {world: networks[role(world, config.worlds[world][0])] for world in worlds}
    made = {
        "positions": panels.positions(losses),
        "transfers": panels.transfers(config, compared),
        "probes": panels.probes(config, networks, worlds),
    }
    rows = tables.MetricRows()
    claims.add_losses(config, made["positions"], rows)
    if CONTRACTING in losses:
        made["parts"] = panels.parts(losses[CONTRACTING])
        claims.add_parts(losses[CONTRACTING], made["parts"], rows)
    if ONE_MAP in losses:
        claims.add_over_known_map(made["positions"], rows)
        claims.add_known_map(config, layers[ONE_MAP], rows)
        claims.add_weights(config, layers, rows)
    claims.add_transfers(made["transfers"], rows)
    claims.add_probes(made["probes"], rows)
    return Result(
        tables={"metrics": rows.table(), **made},
        params={
            name: array
            for world, one in layers.items()
            for name, array in files.flatten(tables.slug(world), one.params).items()
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="other-worlds",
    title="Contracting dynamics, and one map for all sequences",
    paper="B",
    figures=("B11", "B12"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    trainings=trainings,
    report=report,
)
