"""Networks that see a part of the state.

Paper B, Figures 2A (partially observed), 7B, 21 and 24.
"""

from incontext.experiments import sequences, tables
from incontext.experiments.partial_observation import claims, panels, widths
from incontext.experiments.partial_observation.config import PRESETS, Config
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    **sequences.COLUMNS,
    "scoring": Column("sequences that a probe is scored on: held out, or those of its fit, name"),
    "back": Column("how far back an observation lies, 0 for the latest, count", 0),
    "width": Column("channels of a token, count", 1),
    "layer": Column(
        "layer after which the next observation is read, 0 for the embedding, count", 0
    ),
    "error": Column(
        "of an observation in a token: squared error, mean over entries; of the next one after a "
        "layer: half the squared error, summed over entries",
        0,
    ),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """Both networks, and narrow ones."""
    both = {name: Wanted(one) for name, one in config.entrants.items()}
    return {**both, **widths.trainings(config)}


def report(config: Config, networks: Roles) -> Result:
    """Compare with regressions on windows, and probe the first layer."""
    positions = panels.positions(config, networks)
    probed = panels.token_probes(config, networks)
    layers = panels.layer_probes(config, networks)
    rows = tables.MetricRows()
    claims.add_losses(config, positions, rows)
    claims.add_probes(config, probed, rows)
    claims.add_layers(layers, rows)
    by_width = widths.probes(config, networks)
    widths.add_widths(config, by_width, panels.variance(config), rows)
    rows.add("needed_observations", config.needed)
    return Result(
        tables={
            "metrics": rows.table(),
            "positions": positions,
            "probes": probed,
            "layers": layers,
            "widths": by_width,
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="partial-observation",
    title="Seeing a part of the state",
    paper="B",
    figures=("B2A", "B7B", "B21", "B24"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "reduced": 3},
    trainings=trainings,
    report=report,
)
