"""Inside a stack of softmax layers: a smoke run, and what is measured on it."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.experiments import dataset_building
from incontext.experiments.softmax_stack.panels import algorithms
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.fixed import fixed_batch

EXPERIMENT = experiments.get("softmax-stack")
SMOKE = EXPERIMENT.presets["smoke"]


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0, 3))


def without_numbers(names):
    """At smoke the stacks have other depths, and their metrics other numbers in their names."""
    return {"".join(letter for letter in name if not letter.isdigit()) for name in names}


def test_every_claimed_number_has_its_kind_measured_and_can_be_recorded(result):
    claimed = {one.metric for one in read_ledger() if one.experiment == EXPERIMENT.name}
    assert claimed
    assert without_numbers(claimed) <= without_numbers(result.tables["metrics"]["metric"])
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0


def test_the_figure_is_drawn(result):
    entry = figures.get("B6")
    for theme in ("light", "dark"):
        with figures.styled(theme):
            figure = entry.draw(result)
            figure.canvas.draw()
            plt.close(figure)


def test_every_stage_of_the_deepest_stack_is_probed(result):
    probes, depth = result.tables["probes"], 3
    assert set(probes["layer"]) == set(range(depth + 1))
    last = probes[probes["t"] == probes["t"].max()].set_index(
        ["target", "scoring", "seed", "layer"]
    )
    metrics = result.tables["metrics"].set_index(["metric", "seed"])["value"]
    expected = last["error"]["next state", "held out", 3, depth]
    assert metrics[f"target_probe_layer_{depth}", 3] == pytest.approx(expected)


def test_seven_layers_are_the_beginning_of_a_longer_training():
    paper = EXPERIMENT.presets["paper"]
    shallow, deep = paper.stacks
    readers = {one.name: one for one in dataset_building.PRESETS["paper"].readers}
    assert deep == readers["softmax"].prediction
    assert deep.num_steps == shallow.training.schedule.num_steps == 10_000
    assert len(shallow.training.network.kinds) == 3
    assert shallow.training.schedule.optimizer == deep.training.schedule.optimizer


def test_two_iterations_do_less_than_six():
    """Means over the length, with the latest pair, and without it as published."""
    batch = fixed_batch(LinearDynamics(), 256, 1)
    losses = {
        one.name: float(np.mean(np.sum((one.predict(batch)[0] - batch.targets) ** 2, axis=-1)) / 2)
        for one in algorithms()
    }
    late = {name: losses[f"Proposition 2, {name}, one late"] for name in ("3 layers", "7 layers")}
    # Published, one late: 0.3047 and 0.2317; another sample of 256.
    assert late["3 layers"] == pytest.approx(0.3047, rel=0.1)
    assert late["7 layers"] == pytest.approx(0.2317, rel=0.1)
    assert losses["Proposition 2, 7 layers"] < losses["Proposition 2, 3 layers"]


def test_stacks_of_equal_depth_or_other_layers_are_refused():
    with pytest.raises(ValueError, match=r"stacks have \[2, 2\] layers"):
        dataclasses.replace(SMOKE, stacks=(SMOKE.stacks[0],) * 2)
    hybrid = next(one for one in dataset_building.PRESETS["smoke"].readers if one.name == "hybrid")
    with pytest.raises(ValueError, match="raw-hybrid has other layers than softmax"):
        dataclasses.replace(SMOKE, stacks=(hybrid.prediction,))
