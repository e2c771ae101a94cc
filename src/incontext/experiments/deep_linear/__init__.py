"""Stacks of causal linear attention, taken apart.

Paper B, Figures 4B (linear attention), 4D, 4E and 4F.
"""

from incontext.baselines import proposition2
from incontext.experiments import sequences, stack_probes, tables
from incontext.experiments.deep_linear import claims, panels
from incontext.experiments.deep_linear.config import PRESETS, Config, title, title_longer
from incontext.experiments.interpolation import interpolation
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Result

COLUMNS = {**sequences.COLUMNS, **stack_probes.COLUMNS}


def trainings(config: Config) -> dict[str, Wanted]:
    """Stacks of several depths, some for longer, one that is followed, one of scaled identities."""
    return {
        **{title(one): Wanted(one) for one in (*config.stacks, config.compressed)},
        **{title_longer(one): Wanted(one) for one in config.longer},
        "interpolated": Wanted(config.interpolated),
    }


def report(config: Config, networks: Roles) -> Result:
    """Compare the stacks, interpolate and probe them."""
    deepest, compressed = networks[title(config.deepest)], networks[title(config.compressed)]
    names = [title(one) for one in (*config.stacks, config.compressed)]
    names += [title_longer(one) for one in config.longer]
    learners = [networks[name].learner(name) for name in names]
    positions = panels.positions(config, [*learners, *panels.algorithms()])
    curve = interpolation(networks["interpolated"], config.compressed_at)
    probed = stack_probes.probe(deepest, config.probe_size, proposition2.published_rates())
    rows = tables.MetricRows()
    claims.add_losses(config, positions, rows)
    claims.add_interpolation(curve, rows)
    claims.add_shares(config, deepest, rows)
    claims.add_probes(probed, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "interpolation": curve,
            "positions": positions,
            "probes": probed,
        },
        params={
            **files.flatten("trained", deepest.params),
            **files.flatten("compressed", compressed.params),
        },
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="deep-linear",
    title="Deep linear attention taken apart",
    paper="B",
    figures=("B4B", "B4D", "B4E", "B4F", "B9"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    trainings=trainings,
    report=report,
)
