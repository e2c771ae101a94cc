"""One mesa layer against stacks of linear and of softmax attention, on constructed tokens.

Paper B, Figures 4A and 4B (mesa), and the comparison that Figure 4D makes for linear stacks.
"""

from incontext.experiments import sequences, tables
from incontext.experiments.mesa import claims, model, panels
from incontext.experiments.mesa.config import PRESETS, Config, title
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.networks import files
from incontext.records.types import Column, Result

COLUMNS = {
    **sequences.COLUMNS,
    "ridge_scale": Column("lambda of the head, as it stands in the weights, no unit"),
    "ridge": Column("penalty on squared weights of a regression, in units of a squared state"),
    "gain": Column("factor on the prediction of a head's regression, ratio"),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """The one layer and the stacks, all on the same batches."""
    return {title(one): Wanted(one) for one in config.entrants}


def report(config: Config, networks: Roles) -> Result:
    """Compare the networks; read the weights of a mesa layer, if the one layer is one."""
    layer = networks[title(config.layer)]
    trained = [one.learner(name) for name, one in networks.items()]
    sweep = model.sweep_ridges(config)
    others, found, rows = model.algorithms(sweep), {}, tables.MetricRows()
    claims.add_constructions(rows)
    if model.is_mesa(layer):
        others.append(model.reduced(config, layer))
        found["ridges"] = panels.ridges(config, layer)
        claims.add_ridges(found["ridges"], rows)
    positions = panels.positions(config, [*trained, *others])
    longer = panels.longer(config, trained)
    claims.add_losses(config, positions, rows)
    claims.add_longer(config, longer, rows)
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": panels.curves(list(networks.values())),
            "positions": positions,
            "longer": longer,
            "sweep": sweep,
            **found,
        },
        params=files.flatten("trained", layer.params),
        columns=COLUMNS,
    )


EXPERIMENT = Experiment(
    name="mesa",
    title="One mesa layer against stacks of attention",
    paper="B",
    figures=("B4A", "B4D"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 1, "paper": 5},
    trainings=trainings,
    report=report,
)
