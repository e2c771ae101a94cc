"""Nonlinear regression: gradient descent on deep features of the tokens.

Paper A, Figure 4.
"""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.sine import claims, model, panels
from incontext.experiments.sine.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Column, Result

COLUMNS = {
    "coupling": Column("how amplitude and phase are drawn: independent or published, name"),
    "example": Column("prompt whose functions are shown, counted from 0", 0),
    "input": Column("input x of the function or of the example, in the unit of the sine"),
    "query": Column("input x at which a prediction is made, in the unit of the sine"),
    "target": Column("target y of the example, in the unit of the sine"),
    "prediction": Column("value of the function at the input, in the unit of the sine"),
    "stage": Column("before or after the attention layer, name"),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """Transformer and meta-learned MLP for every family of sines."""
    found = {}
    for family in config.families:
        coupling = family.task.coupling
        found[f"{coupling}, Transformer"] = Wanted(family.transformer)
        found[f"{coupling}, control"] = Wanted(family.control)
    return found


def report(config: Config, networks: Roles) -> Result:
    """Compare the two networks on every family."""
    rows, found, params = tables.MetricRows(), [], {}
    claims.add_construction(config, rows)
    for family in config.families:
        coupling = family.task.coupling
        both = (networks[f"{coupling}, {name}"] for name in ("Transformer", "control"))
        pair = model.pair(family, *both)
        found.append(_tables(config, pair, rows))
        for name in model.NAMES:
            short = claims.SHORT[name]
            params |= files.flatten(f"{coupling}/{short}", pair.network(name).params)
    merged = {name: pd.concat([one[name] for one in found], ignore_index=True) for name in found[0]}
    return Result({"metrics": rows.table(), **merged}, params, COLUMNS)


def _tables(config: Config, pair: model.Pair, rows: tables.MetricRows) -> dict[str, pd.DataFrame]:
    """Tables of one family; its metrics are added to `rows`, the published ones unprefixed."""
    coupling = pair.task.coupling
    prefix = "" if coupling == "published" else f"{coupling}_"
    kernels, along = panels.kernels(config, pair), pair.along()
    claims.add_references(pair, prefix, rows)
    claims.add_losses(config, pair, along, prefix, rows)
    claims.add_kernels(config, pair, kernels, prefix, rows)
    functions, examples = panels.fits(config, pair)
    found = {
        "curves": panels.curves(pair, along),
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
    trainings=trainings,
    report=report,
)
