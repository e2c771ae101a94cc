"""Two regressions by dimension, at smoke."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import figures
from incontext.experiments.exact_regressions import EXPERIMENT
from incontext.experiments.exact_regressions.config import PAPER, SMOKE
from incontext.records.claims import read_ledger
from incontext.records.tables import describe


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0,))


def test_least_squares_is_better_and_noise_costs(result):
    table = result.tables["dimensions"]
    assert (table["loss_per_dimension"] > 0).all()
    loss = table.pivot(index="noise", columns="model", values="loss_per_dimension")
    assert (loss["least squares"] < loss["kernel regression"]).all()
    assert (np.diff(loss.to_numpy(), axis=0) > 0).all()


def test_every_claimed_number_is_measured_at_the_published_settings(result):
    named = {metric.split("_loss_at_")[0] for metric in result.tables["metrics"]["metric"]}
    assert named == {"least_squares", "kernel_regression"}
    for claim in (one for one in read_ledger() if one.experiment == EXPERIMENT.name):
        size, _, noise = claim.metric.partition("_loss_at_")[2].partition("_noise_")
        assert int(size) in PAPER.state_dims
        assert noise == "" or float(noise) in PAPER.noises[1:]


def test_its_figures_are_drawn(result):
    assert describe(result.tables["dimensions"], "dimensions", result.columns)["rows"] == 4
    entries = [one for one in figures.ENTRIES if one.experiment == EXPERIMENT.name]
    assert {one.id for one in entries} == set(EXPERIMENT.figures)
    with figures.styled("dark"):
        for entry in entries:
            drawn = entry.draw(result)
            lines = drawn.axes[0].get_lines()
            assert len(lines[0].get_ydata()) == len(SMOKE.state_dims)
            plt.close(drawn)
