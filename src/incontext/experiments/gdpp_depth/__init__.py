"""Transformers of two, five and ten layers against gradient descent and GD++.

Paper A, Figures 3, 7 and 13.
"""

from incontext.experiments import tables
from incontext.experiments.gdpp_depth import claims, panels, spectra
from incontext.experiments.gdpp_depth.config import PRESETS, Config, Depth
from incontext.experiments.gdpp_depth.model import compare, history, several
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Column, Result

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


def trainings(config: Config) -> dict[str, Wanted]:
    """The networks of every depth and of every N, each with GD++ of as many steps."""
    found = {}
    for role, depth in _roles(config).items():
        found[role] = Wanted(depth.network, depth.num_seeds)
        found[f"{role}, GD++"] = Wanted(depth.gdpp, 1)
    return found


def _roles(config: Config) -> dict[str, Depth]:
    """Every depth at the N of the task, and the first of them at every other N."""
    others = {f"N = {size}": config.with_context(size) for size in config.contexts}
    return {depth.title: depth for depth in config.depths} | {
        role: depth for role, depth in others.items() if depth != config.depths[0]
    }


def report(config: Config, networks: Roles) -> Result:
    """Compare the depths, and look at the spectra."""
    pairs = {
        role: compare(depth, networks[role], networks[f"{role}, GD++"])
        for role, depth in _roles(config).items()
    }
    compared = [pairs[depth.title] for depth in config.depths]
    contexts = {size: pairs.get(f"N = {size}", compared[0]) for size in config.contexts}
    learners = {one.depth.title: several(one) for one in compared}
    along = {one.depth.title: history(one) for one in compared}
    eigenvalues = {size: spectra.eigenvalues(config, size) for size in contexts}
    frames = {
        "curves": panels.curves(compared, along),
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
    claims.add_alignment(compared, along, rows)
    claims.add_construction(compared, rows)
    claims.add_curvatures(frames["curvatures"], eigenvalues, rows)
    claims.add_conditions(frames["conditions"], eigenvalues, rows)
    claims.add_scales(frames["scales"], rows)
    claims.add_streams(frames["map"], rows)
    claims.add_clipping(frames["clipping"], rows)
    return Result(
        tables={"metrics": rows.table(), **frames},
        params={
            name: array
            for one in compared
            for name, array in files.flatten(one.depth.name, one.network.params).items()
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
    trainings=trainings,
    report=report,
)
