"""The network called full mesa: what is shared, measured and drawn."""

import matplotlib.pyplot as plt
import pytest

from incontext import experiments, figures
from incontext.records.claims import read_ledger
from incontext.records.tables import describe

EXPERIMENT = experiments.get("full-mesa")


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(EXPERIMENT.presets["smoke"], seeds=(0, 3))


def test_every_claimed_number_is_measured_and_can_be_recorded(result):
    claimed = {one.metric for one in read_ledger() if one.experiment == EXPERIMENT.name}
    assert claimed
    assert claimed <= set(result.tables["metrics"]["metric"])
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0


@pytest.mark.parametrize("preset", ["smoke", "laptop", "paper"])
def test_its_networks_are_those_of_the_chapter(preset):
    whole = experiments.get("dataset-building")
    config = EXPERIMENT.presets[preset]
    mine = set(EXPERIMENT.wanted(config, (0,)))
    assert mine < set(whole.wanted(whole.presets[preset], (0,)))
    assert config.readers[-1].network.kinds == ("linear", "mesa")
    assert [one.name for one in config.readers[:-1]] == ["full mesa"] * (preset != "paper")


def test_the_probes_of_the_fit_are_drawn_one_line_per_network_and_seed(result):
    with figures.styled("light"):
        drawn = figures.get("B17").draw(result)
    table = result.tables["probes"]
    table = table[table["scoring"] == "training"]
    wanted = [
        table[(table["model"] == model) & (table["seed"] == seed)]["error"].tolist()
        for model in ("full mesa", "linear, mesa")
        for seed in (0, 3)
    ]
    lines = [list(one.get_ydata()) for one in drawn.axes[0].lines if one.get_marker() == "."]
    assert lines == wanted
    plt.close(drawn)


def test_sensitivities_are_drawn_one_column_per_network(result):
    with figures.styled("light"):
        drawn = figures.get("B16-full-mesa").draw(result)
    above = drawn.axes[:2]
    table = result.tables["sensitivities"]
    for axes, model in zip(above, ("full mesa", "linear, mesa"), strict=True):
        current = table[(table["model"] == model) & (table["state"] == table["state"].max())]
        means = current.groupby("step")["sensitivity"].mean()
        assert list(axes.lines[0].get_ydata()) == list(means)
    plt.close(drawn)
