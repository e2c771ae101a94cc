"""Softmax heads, LayerNorm and seeds against one step of gradient descent.

Paper A, Figures 11, 12, 14 and 15 (left and centre).
"""

from collections.abc import Sequence

from incontext.experiments import tables
from incontext.experiments.prompts import Network
from incontext.experiments.softmax import claims, panels
from incontext.experiments.softmax.config import PRESETS, Config
from incontext.experiments.softmax.model import Algorithms, Networks, algorithms, networks
from incontext.experiments.types import Experiment
from incontext.records.types import Column, Result
from incontext.training.workspace import Workspace

COLUMNS = {
    "axis": Column("what is scaled: inputs or targets, name"),
}


def train(
    config: Config, *, seeds: Sequence[int], workspace: Workspace
) -> tuple[Algorithms, Networks]:
    """Tune the algorithms, train six networks."""
    tuned = algorithms(config, workspace)
    return tuned, networks(config, tuned, seeds, workspace)


def report(config: Config, tuned_and_trained: tuple[Algorithms, Networks]) -> Result:
    """Compare the networks with the algorithms."""
    tuned, trained = tuned_and_trained
    several = panels.compared(config, trained, tuned)
    losses = panels.losses(config, several)
    rows = tables.MetricRows()
    claims.add_losses(losses, rows)
    claims.add_one_head(trained.one_head, losses, rows)
    claims.add_final(trained, rows)
    claims.add_signs(trained.two_heads, rows)
    claims.add_drops(trained, losses, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": panels.curves(trained),
            "losses": losses,
            "scales": panels.scales(config, several),
            "weights": panels.weights(trained.two_heads),
        },
        params=_params(trained),
        columns=COLUMNS,
    )


def _params(trained: Networks) -> dict:
    networks_by_name: dict[str, Network] = trained._asdict()
    return {
        name: array
        for network, one in networks_by_name.items()
        for name, array in tables.flatten(network, one.trained.params).items()
    }


EXPERIMENT = Experiment(
    name="softmax",
    title="Two softmax heads linearise each other",
    paper="A",
    figures=("A11", "A12", "A14", "A15"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 3, "paper": 20},
    train=train,
    report=report,
)
