"""Noisy labels: settings, and the numbers read off a table."""

import dataclasses

import pandas as pd
import pytest

from incontext import experiments
from incontext.experiments import tables
from incontext.experiments.noisy_labels import claims
from incontext.experiments.noisy_labels.config import PAPER, SMOKE

EXPERIMENT = experiments.get("noisy-labels")


@pytest.mark.parametrize("counts", [(), (2, 0), (0, 11)])
def test_numbers_of_noisy_labels_are_checked(counts):
    with pytest.raises(ValueError, match="noisy_targets is"):
        dataclasses.replace(SMOKE, noisy_targets=counts)


def test_nothing_is_trained_that_other_figures_do_not_train():
    others = {
        training
        for name in ("single-layer", "gdpp-depth")
        for training in experiments.get(name).wanted(experiments.get(name).presets["paper"], (0,))
    }
    assert set(EXPERIMENT.wanted(PAPER, (0,))) <= others


def test_networks_stand_beside_their_algorithms():
    table = pd.DataFrame(
        [(1, noisy, "trained", 0, 0.3 + noisy) for noisy in (0, 4)]
        + [(1, noisy, "gradient descent", -1, 0.2) for noisy in (0, 4)]
        + [(1, 4, "best step", -1, 0.43), (1, 0, "best step", -1, 0.1)]
        + [(2, noisy, "trained", 0, 0.6) for noisy in (0, 4)]
        + [(2, noisy, "GD++", -1, 0.3) for noisy in (0, 4)],
        columns=["depth", "noisy", "model", "seed", "loss"],
    )
    rows = tables.MetricRows()
    claims.add_noisy(table, rows)
    found = rows.table().set_index("metric")["value"]
    assert found["noisy_trained_over_gradient_descent_min"] == pytest.approx(1.5)
    assert found["noisy_trained_over_gradient_descent_max"] == pytest.approx(21.5)
    assert found["noisy_trained_over_gdpp_max"] == pytest.approx(2.0)
    assert found["noisy_trained_over_best_step"] == pytest.approx(10.0)
