"""Transformers of two, five and ten layers against gradient descent and GD++.

Paper A, Figures 3, 7 and 13.
"""

from collections.abc import Sequence
from typing import NamedTuple

from incontext.experiments import tables
from incontext.experiments.gdpp_depth import claims, panels, spectra
from incontext.experiments.gdpp_depth.config import PRESETS, Config
from incontext.experiments.gdpp_depth.model import (
    Comparison,
    by_context,
    compare,
    several,
)
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    "axis": Column("what is scaled: inputs or targets, name"),
    "depth": Column("number of layers and of steps, name"),
    "worst_case": Column("condition number from the extreme eigenvalues of all tasks, ratio", 1),
    "median": Column("median over tasks, in the unit of the table", 0),
    "lower": Column("first quartile over tasks, in the unit of the table", 0),
    "upper": Column("third quartile over tasks, in the unit of the table", 0),
    "condition": Column("centre of a bin of condition numbers, ratio", 1),
    "count": Column("tasks in the bin, count", 0),
    "before": Column("eigenvalue of the Hessian of the inputs a layer reads, squared input", 0),
    "after": Column("curvature along the same eigenvector after the layer, squared input", 0),
    "predicted": Column("f(eigenvalue, curvature of the layer), squared input", 0),
    "bound": Column("whether inputs, residuals and prediction are clipped, name"),
    "batch": Column("batch of fresh tasks, counted from 0", 0),
    "mean": Column("mean loss over the tasks of the batch, half a squared error", 0),
    "largest": Column("largest loss among the tasks of the batch, half a squared error", 0),
}


class Trained(NamedTuple):
    """Every depth at the N of the task, and the first of them at every N."""

    depths: list[Comparison]
    contexts: dict[int, Comparison]


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> Trained:
    """Tune the algorithms and train the networks, for every depth and every N."""
    depths = [
        compare(config.task, depth, seeds, f"layers-{depth.num_layers}", workspace)
        for depth in config.depths
    ]
    return Trained(depths, by_context(config, depths[0], seeds, workspace))


def report(config: Config, trained: Trained) -> Result:
    """Compare the depths, and look at the spectra."""
    task, (compared, contexts) = config.task, trained
    learners = {one.title: several(task, one) for one in compared}
    eigenvalues = {size: spectra.eigenvalues(config, size) for size in contexts}
    frames = {
        "curves": panels.curves(compared),
        "losses": panels.losses(config, learners),
        "scales": panels.scales(config, learners),
        "steps": panels.steps(compared),
        "clipping": panels.clipping(config, compared[1].gdpp),
        "curvatures": spectra.curvatures(contexts),
        "conditions": spectra.conditions(eigenvalues),
        "histogram": spectra.histogram(eigenvalues[config.histogram_context]),
        **spectra.streams(config, compared),
    }
    rows = tables.MetricRows()
    claims.add_losses(frames["losses"], rows)
    claims.add_alignment(compared, rows)
    claims.add_construction(task, compared, rows)
    claims.add_curvatures(frames["curvatures"], eigenvalues, rows)
    claims.add_streams(frames["map"], rows)
    claims.add_clipping(frames["clipping"], rows)
    return Result(
        tables={"metrics": rows.table(), **frames},
        params={
            name: array
            for one in compared
            for name, array in tables.flatten(one.name, one.network.trained.params).items()
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="gdpp-depth",
    title="Depth is more steps, with a better curvature",
    paper="A",
    figures=("A3", "A7", "A9", "A13"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    train=train,
    report=report,
)
