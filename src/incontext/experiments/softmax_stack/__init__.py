"""What happens inside a stack of softmax layers on raw states.

Paper B, Figure 6.
"""

from incontext.experiments import sequences, stack_probes, tables
from incontext.experiments.dataset_building.model import six_iterations
from incontext.experiments.softmax_stack import claims, panels
from incontext.experiments.softmax_stack.config import PRESETS, Config, title
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Result

COLUMNS = {**sequences.COLUMNS, **stack_probes.COLUMNS}


def trainings(config: Config) -> dict[str, Wanted]:
    """The stacks."""
    return {title(one.training): Wanted(one.training) for one in config.stacks}


def report(config: Config, networks: Roles) -> Result:
    """Compare the stacks with as many iterations, and probe the deepest."""
    stacks = panels.trained(config, networks)
    positions = panels.positions(config, stacks)
    deepest = stacks[title(config.stacks[-1].training)]
    probed = stack_probes.probe(deepest, config.probe_size, six_iterations())
    rows = tables.MetricRows()
    claims.add_losses(config, positions, rows)
    stack_probes.add_metrics(probed, rows)
    found = {"metrics": rows.table(), "positions": positions, "probes": probed}
    return Result(tables=found, columns=COLUMNS)


EXPERIMENT = Experiment(
    name="softmax-stack",
    title="Inside a stack of softmax layers",
    paper="B",
    figures=("B6",),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 3},
    trainings=trainings,
    report=report,
)
