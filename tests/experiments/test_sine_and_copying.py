"""Smoke runs of both experiments: metrics of every claim, recordable tables, figures, refusals."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.experiments import copying, sine
from incontext.records.claims import read_ledger
from incontext.records.tables import describe

# Claimed only where a seed leaves the plateau, which a smoke run is too short for.
AFTER_THE_PLATEAU = {"rise_minus_drop_steps", "plateau_end_step"}


@pytest.fixture(scope="module", params=["sine", "copying"])
def ran(request):
    experiment = experiments.get(request.param)
    return experiment, experiment.run(experiment.presets["smoke"], seeds=(0, 3))


def test_every_claimed_number_is_measured(ran):
    experiment, result = ran
    measured = set(result.tables["metrics"]["metric"])
    claimed = {claim.metric for claim in read_ledger() if claim.experiment == experiment.name}
    assert claimed
    assert claimed - AFTER_THE_PLATEAU <= measured


def test_every_table_and_weight_can_be_recorded(ran):
    _, result = ran
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert all(np.isfinite(array).all() and len(array) == 2 for array in result.params.values())


def test_its_figures_are_drawn_light_and_dark(ran):
    experiment, result = ran
    entries = [
        entry
        for entry in figures.ENTRIES
        if entry.experiment == experiment.name and not entry.sweep
    ]
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for entry in entries:
                figure = entry.draw(result)
                figure.canvas.draw()
                plt.close(figure)
    assert {entry.id.split("-")[0] for entry in entries} == set(experiment.figures)


def test_written_down_layers_are_gradient_steps_in_float64(ran):
    _, result = ran
    table = result.tables["metrics"].set_index("metric")["value"]
    assert table["construction_error_float64"] < 1e-12


@pytest.mark.parametrize(
    ("config", "change", "word"),
    [
        (sine.PRESETS["smoke"], {"step_size": 0.0}, "step_size is 0.0"),
        (sine.PRESETS["smoke"], {"couplings": ()}, "couplings is empty"),
        (copying.PRESETS["smoke"], {"position_dim": 0}, "position_dim is 0"),
        (copying.PRESETS["smoke"], {"linear_seeds": 0}, "linear_seeds is 0"),
    ],
)
def test_bad_settings_are_refused(config, change, word):
    with pytest.raises(ValueError, match=word):
        dataclasses.replace(config, **change)
