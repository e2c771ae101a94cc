"""Nonlinear regression: gradient descent on deep features of the tokens.

Paper A, Figure 4.
"""

import dataclasses
from collections.abc import Sequence

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.sine import claims, panels
from incontext.experiments.sine.config import PRESETS, Config
from incontext.experiments.sine.model import NAMES, Networks, train_both
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    "coupling": Column("how amplitude and phase are drawn: independent or published, name"),
    "example": Column("prompt whose functions are shown, counted from 0", 0),
    "input": Column("input x of the function or of the example, in the unit of the sine"),
    "query": Column("input x at which a prediction is made, in the unit of the sine"),
    "target": Column("target y of the example, in the unit of the sine"),
    "prediction": Column("value of the function at the input, in the unit of the sine"),
    "stage": Column("before or after the attention layer, name"),
}


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> dict[str, Networks]:
    """Train Transformer and meta-learned MLP on every family of sines."""
    tasks = {one: dataclasses.replace(config.task, coupling=one) for one in config.couplings}
    return {
        coupling: train_both(config, task, seeds, coupling, workspace)
        for coupling, task in tasks.items()
    }


def report(config: Config, trained: dict[str, Networks]) -> Result:
    """Compare the two networks on every family."""
    rows, found, params = tables.MetricRows(), [], {}
    claims.add_construction(config, rows)
    for coupling, networks in trained.items():
        found.append(_tables(config, networks, rows))
        for name in NAMES:
            short = claims.SHORT[name]
            params |= tables.flatten(f"{coupling}/{short}", networks.params(name))
    merged = {name: pd.concat([one[name] for one in found], ignore_index=True) for name in found[0]}
    return Result({"metrics": rows.table(), **merged}, params, COLUMNS)


def _tables(config: Config, networks: Networks, rows: tables.MetricRows) -> dict[str, pd.DataFrame]:
    """Tables of one family; its metrics are added to `rows`, the published ones unprefixed."""
    coupling = networks.task.coupling
    prefix = "" if coupling == "published" else f"{coupling}_"
    kernels = panels.kernels(config, networks)
    claims.add_references(config, networks, prefix, rows)
    claims.add_losses(config, networks, prefix, rows)
    claims.add_kernels(config, networks, kernels, prefix, rows)
    functions, examples = panels.fits(config, networks)
    found = {
        "curves": tables.curves(networks.trained, networks.seeds, "both"),
        "functions": functions,
        "examples": examples,
        "kernels": panels.kernel_table(config, kernels),
    }
    return {name: table.assign(coupling=coupling) for name, table in found.items()}


EXPERIMENT = Experiment(
    name="sine",
    title="Gradient descent on deep features",
    paper="A",
    figures=("A4",),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    train=train,
    report=report,
)
