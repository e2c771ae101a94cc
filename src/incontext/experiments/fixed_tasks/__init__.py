"""Training on a fixed set of tasks instead of fresh ones.

Paper A, Figures 15 (right) and 16.
"""

from incontext.experiments import tables
from incontext.experiments.fixed_tasks import claims, panels
from incontext.experiments.fixed_tasks.config import PRESETS, Config, fixed_set, title
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    "set": Column("which fixed set of tasks of this size, number", 0),
    "training": Column("loss on the fixed set after training, half the squared error, mean", 0),
    "test": Column("loss on fresh tasks after training, half the squared error, mean", 0),
    "num_tasks": Column("tasks in the fixed set, count", 1),
}


def role(index: int) -> str:
    """What the report calls one of the layers."""
    return f"layer {index}"


def trainings(config: Config) -> dict[str, Wanted]:
    """Layers on fixed sets, with all seeds on the first set of a size, and the block."""
    return {
        **{
            role(index): Wanted(one, None if fixed_set(one).set_seed == 0 else 1)
            for index, one in enumerate(config.layers)
        },
        "block": Wanted(config.block, config.num_block_seeds),
    }


def report(config: Config, networks: Roles) -> Result:
    """Follow the loss on the set and on fresh tasks."""
    layers = [networks[role(index)] for index in range(len(config.layers))]
    first = {title(one.training): one for one in layers if not fixed_set(one.training).set_seed}
    curves = panels.curves(config, first)
    block = panels.curves(config, {"block": networks["block"]})
    ends = panels.ends(config, layers)
    least_squares = panels.least_squares(config, sorted(set(ends["num_tasks"].tolist())))
    rows = tables.MetricRows()
    claims.add_ends(config, ends, rows)
    claims.add_least_squares(ends, least_squares, rows)
    claims.add_alignment(curves, rows)
    claims.add_block(block, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": curves,
            "block": block,
            "ends": ends,
            "least_squares": least_squares,
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="fixed-tasks",
    title="A fixed set of tasks",
    paper="A",
    figures=("A15", "A16"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    trainings=trainings,
    report=report,
)
