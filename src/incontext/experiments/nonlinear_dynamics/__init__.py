"""Networks that predict a nonlinear system whose nonlinearity is always the same.

Paper B, Figures 2B, 7C, 23 and 25.
"""

from incontext.experiments import sequences, tables
from incontext.experiments.nonlinear_dynamics import claims, panels
from incontext.experiments.nonlinear_dynamics.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    **sequences.COLUMNS,
    "scoring": Column("sequences that a probe is scored on: held out, or those of its fit, name"),
    "target": Column("what the probe reads: the next state, or MLP* over its length, name"),
    "back": Column("how far back a state lies, 0 for the latest, count", 0),
    "layer": Column("layer after which is read, 0 for the embedding, count", 0),
    "sensitivity": Column("length of the derivative, mean over channels and sequences", 0),
    "error": Column(
        "in the table of tokens: squared error of MLP*, mean over entries; in that of layers: "
        "half the squared error, summed over entries",
        0,
    ),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """Both networks."""
    return {name: Wanted(one) for name, one in config.entrants.items()}


def report(config: Config, networks: Roles) -> Result:
    """Compare with regressions on s and on MLP*(s), probe tokens and layers, take sensitivities."""
    positions = panels.positions(config, networks)
    tokens = panels.token_probes(config, networks)
    layers = panels.layer_probes(config, networks)
    sensitivities = panels.sensitivities(config, networks)
    rows = tables.MetricRows()
    claims.add_losses(config, positions, rows)
    claims.add_token_probes(tokens, panels.feature_spread(config.task, config.probe_size), rows)
    claims.add_layer_probes(layers, rows)
    claims.add_sensitivities(sensitivities, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "positions": positions,
            "tokens": tokens,
            "layers": layers,
            "sensitivities": sensitivities,
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="nonlinear-dynamics",
    title="The same nonlinearity every time",
    paper="B",
    figures=("B2B", "B7C", "B23", "B25"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "reduced": 3, "paper": 1},
    trainings=trainings,
    report=report,
)
