"""Associative recall by one trained memory layer of each kind, beside the memories in closed form.

Beyond paper B: what trained projections and gates add to what a memory can hold.
"""

import numpy as np
import pandas as pd

from incontext.experiments import tables
from incontext.experiments.recall import claims, panels
from incontext.experiments.recall.config import PRESETS, TITLES, Config, task_of
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.models.memory_layers import KINDS, LEAST_PENALTY
from incontext.records.types import Column, Result

COLUMNS = {
    "task": Column("how keys are drawn and bound, name"),
    "kind": Column("kind of memory layer, name"),
    "keys": Column("whether projections are trained or keys are read as given, name"),
    "pairs": Column("pairs that were written, count", 1),
    "recall": Column("share of keys asked for that lead to their value, ratio", 0),
    "given": Column("mean cosine of two keys of a sequence, ratio"),
    "projected": Column("the same of keys after the trained projection, ratio"),
    "score": Column("mean cosine of a projected query and the key of another pair, ratio"),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """All networks, by name; of those of a published size one seed."""
    plain = {one.name: Wanted(one) for one in config.networks}
    return plain | {one.name: Wanted(one, at_most=1) for one in config.fuzzy}


def report(config: Config, networks: Roles) -> Result:
    """Ask every network, and the memories in closed form, on the same sequences."""
    found = dict(networks)
    recall, likeness = panels.recall(config, found), panels.likeness(config, found)
    rows = tables.MetricRows()
    claims.add_recall(config, recall, rows)
    claims.add_likeness(likeness, rows)
    fuzzy = {"fuzzy": panels.fuzzy(config, found)} if config.fuzzy else {}
    for table in fuzzy.values():
        claims.add_fuzzy(table, rows)
    curves = [
        tables.curves(found[one.name], one.network.kind).assign(task=TITLES[task_of(one)])
        for one in config.networks
    ]
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": pd.concat(curves, ignore_index=True),
            "recall": recall,
            "likeness": likeness,
            **fuzzy,
        },
        params=_ridges(config, networks),
        columns=COLUMNS,
    )


def _ridges(config: Config, networks: Roles) -> dict[str, np.ndarray]:
    """What mesa layers have learned: lambda [S, H], or Lambda [S, H, D]."""
    found = {}
    for one in config.networks:
        params, learned = networks[one.name].params.get("layer_0", {}), KINDS[one.network.kind]
        if learned.ridge:
            found[f"ridge_scale/{one.name}"] = np.exp(np.asarray(params["log_ridge_scale"]))
        if learned.penalty:
            raw = np.asarray(params["penalty"])
            found[f"penalty/{one.name}"] = LEAST_PENALTY + np.logaddexp(0.0, raw)
    return found


EXPERIMENT = Experiment(
    name="recall",
    title="Associative recall by trained memories",
    paper="B",
    figures=("Bx",),
    presets=PRESETS,
    num_seeds={"smoke": 1, "laptop": 1, "reduced": 3, "paper": 3},
    trainings=trainings,
    report=report,
)
