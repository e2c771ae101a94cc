"""What attention layers can remember, as closed-form memories; nothing is trained.

Beyond paper B: linear attention, delta rule, mesa layer and softmax attention side by side.
"""

import jax

from incontext.experiments import tables
from incontext.experiments.memories import claims, panels
from incontext.experiments.memories.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    "pairs": Column("pairs that were written, count", 1),
    "correlation": Column("mean inner product of two keys of length one, ratio", 0),
    "noise": Column("length of what is added to a query of length one, ratio", 0),
    "setting": Column("step, ridge scale or sharpness chosen on other draws, number", 0),
    "gate": Column("what is kept of the memory at every pair, ratio", 0),
    "recall": Column("share of queries answered with the right value, ratio", 0),
    "error": Column("squared error over squared truth, after the best single factor, ratio", 0),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """None."""
    del config
    return {}


def report(config: Config, networks: Roles) -> Result:
    """Ask every memory the same questions, in float64."""
    del networks
    with jax.enable_x64(True):
        recall, new = panels.recall(config), panels.new_query(config)
        rebound, noise = panels.rebound(config), panels.noise(config)
    rows = tables.MetricRows()
    claims.add_recall(config, recall, rows)
    claims.add_new(config, new, rows)
    claims.add_rebound(rebound, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "recall": recall,
            "new": new,
            "rebound": rebound,
            "noise": noise,
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="memories",
    title="What attention layers can remember",
    paper="B",
    figures=("Bx",),
    presets=PRESETS,
    num_seeds={"smoke": 1, "laptop": 1, "paper": 1},
    trainings=trainings,
    report=report,
)
