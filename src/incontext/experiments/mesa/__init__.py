"""One mesa layer against stacks of linear and of softmax attention, on constructed tokens.

Paper B, Figures 4A and 4B (mesa), and the comparison that Figure 4D makes for linear stacks.
"""

from collections.abc import Sequence

from incontext.experiments import sequences, tables
from incontext.experiments.mesa import claims, model, panels
from incontext.experiments.mesa.config import PRESETS, Config
from incontext.experiments.sequences import Network
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    **sequences.COLUMNS,
    "ridge_scale": Column("lambda of the head, as it stands in the weights, no unit"),
    "ridge": Column("penalty on squared weights of a regression, in units of a squared state"),
    "gain": Column("factor on the prediction of a head's regression, ratio"),
}


def train(config: Config, *, seeds: Sequence[int], workspace: Workspace) -> list[Network]:
    """Train the mesa layer and the stacks on the same batches."""
    return [model.train_entrant(config, one, seeds, workspace) for one in config.entrants]


def report(config: Config, networks: list[Network]) -> Result:
    """Compare the networks; read the mesa layer's weights."""
    entrants, mesa = config.entrants, networks[0]
    trained = [network.learner(one.name) for network, one in zip(networks, entrants, strict=True)]
    sweep = model.sweep_ridges(config)
    others = [model.reduced(config, mesa), *model.algorithms(sweep)]
    positions = panels.positions(config, [*trained, *others])
    longer = panels.longer(config, trained)
    ridges = panels.ridges(mesa)
    rows = tables.MetricRows()
    claims.add_constructions(rows)
    claims.add_losses(config, positions, rows)
    claims.add_ridges(ridges, rows)
    claims.add_longer(config, longer, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": panels.curves(networks, entrants),
            "ridges": ridges,
            "positions": positions,
            "longer": longer,
            "sweep": sweep,
        },
        params=tables.flatten("trained", mesa.trained.params),
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="mesa",
    title="One mesa layer against stacks of attention",
    paper="B",
    figures=("B4A", "B4D"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    train=train,
    report=report,
)
