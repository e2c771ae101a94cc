"""Networks that see a part of the state: a smoke run, and what is measured on it."""

import dataclasses
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from incontext import experiments, figures
from incontext.experiments.partial_observation import claims, widths
from incontext.experiments.partial_observation.config import PRESETS
from incontext.experiments.tables import MetricRows
from incontext.figures import partial_observation
from incontext.models.sequence import SequenceConfig
from incontext.provenance import plain
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.fixed import fixed_batch

EXPERIMENT = experiments.get("partial-observation")
SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0, 3))


def test_every_claimed_number_is_measured_and_can_be_recorded(result):
    claimed = {one.metric for one in read_ledger() if one.experiment == EXPERIMENT.name}
    assert claimed
    assert claimed <= set(result.tables["metrics"]["metric"])
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0


def test_the_figures_are_drawn(result):
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for entry in figures.ENTRIES:
                if entry.experiment == EXPERIMENT.name:
                    figure = entry.draw(result)
                    figure.canvas.draw()
                    plt.close(figure)


def test_nothing_is_known_of_an_observation_that_cannot_be_read(result):
    """Errors are relative to no network: about the variance of an entry where nothing is read."""
    probes = result.tables["probes"]
    oldest = probes[(probes["back"] == SMOKE.looked_for - 1) & (probes["scoring"] == "held out")]
    states = np.asarray(fixed_batch(SMOKE.task, 512, 2).states)
    assert oldest["error"].between(0.3 * states.var(), 5 * states.var()).all()
    latest = probes[(probes["back"] == 0) & (probes["scoring"] == "held out")]
    assert latest["error"].max() < 0.2 * states.var()  # the residual stream carries it on


def test_held_counts_observations_without_a_gap():
    rows = MetricRows()
    errors = [0.0, 0.01, 0.5, 0.01, 0.6, 0.7, 0.8, 1.0]
    table = pd.DataFrame(
        {"model": "softmax", "scoring": "held out", "seed": 0, "back": range(8), "error": errors}
    )
    claims.add_probes(SMOKE, table, rows)
    found = rows.table().set_index("metric")["value"]
    assert found["softmax_held"] == 2
    assert found["softmax_probe_3_back"] == 0.01


def test_a_first_layer_depends_on_the_latest_observation_alone_before_training(result):
    table = result.tables["sensitivities"]
    assert set(table["back"]) == set(range(13))
    start = table[table["step"] == 0].groupby(["model", "back"])["sensitivity"].mean()
    for model in ("softmax", "hybrid"):
        assert start[model, 0] > 20 * start[model].drop(0).max() > 0
    assert set(table["step"]) == set(range(0, 21, 2))


def test_sensitivities_are_read_at_the_oldest_that_is_needed_and_twice_as_far():
    rows, values = MetricRows(), {0: [1.0, 2.0], 1: [0.05, 1.0], 2: [0.0, 0.4], 3: [0.0, 0.2]}
    table = pd.DataFrame(
        [
            ("softmax", 5, step, back, values[back][index])
            for index, step in enumerate((0, 10))
            for back in values
        ],
        columns=["model", "seed", "step", "back", "sensitivity"],
    )
    claims.add_sensitivities(SMOKE, table, rows)
    found = rows.table().set_index("metric")["value"]
    assert found["softmax_sensitivity_needed_over_latest"] == 0.5
    assert found["softmax_sensitivity_beyond_over_latest"] == 0.1
    assert found["softmax_onset_step"] == 10
    assert found["softmax_sensitivity_2_back"] == 0.4


def test_the_drawn_sensitivities_are_those_of_the_table(result):
    """Every line of both panels; published curves only beside sequences of their length."""
    table = result.tables["sensitivities"]
    figure = partial_observation.sensitivity(result)
    for panel, model in zip(figure.axes, ("softmax", "hybrid"), strict=True):
        lines = {str(line.get_label()): np.asarray(line.get_ydata()) for line in panel.lines}
        assert len(lines) == len(panel.lines) == partial_observation.FOLLOWED + 1
        means = table[table["model"] == model].groupby(["back", "step"])["sensitivity"].mean()
        for back in range(partial_observation.FOLLOWED):
            label = "latest" if back == 0 else f"{back} back"
            np.testing.assert_allclose(lines[label], means[back])
        older = means.unstack()[lambda t: t.index >= partial_observation.FOLLOWED].mean()
        np.testing.assert_allclose(lines["older, mean"], older)
    long = result.tables["sensitivities"].assign(back=lambda t: t["back"] * 49 // 12)
    whole = long.set_index("back").groupby(["model", "seed", "step"])["sensitivity"]
    filled = whole.apply(lambda one: one.reindex(range(50), method="ffill")).reset_index()
    tables = {**result.tables, "sensitivities": filled}
    published = partial_observation.sensitivity(dataclasses.replace(result, tables=tables))
    broad = [line for line in published.axes[0].lines if line.get_linewidth() > 4]
    drawn = [np.asarray(line.get_ydata()).tolist() for line in broad]
    assert drawn == partial_observation.PUBLISHED_SENSITIVITY["softmax"]
    plt.close("all")


def test_as_many_observations_are_needed_as_fill_the_state():
    assert PRESETS["reduced"].needed == 3
    assert PRESETS["laptop"].needed == SMOKE.needed == 2


def test_full_observation_and_impossible_settings_are_refused():
    full = dataclasses.replace(SMOKE.softmax, task=LinearDynamics(2, 13))
    other = dataclasses.replace(SMOKE.hybrid, task=LinearDynamics(2, 13))
    with pytest.raises(ValueError, match="sees all of the state"):
        dataclasses.replace(
            SMOKE,
            softmax=full,
            hybrid=other,
            softmax_followed=full,
            hybrid_followed=other,
            narrow=(),
        )
    with pytest.raises(ValueError, match="hybrid_followed is not the network of hybrid"):
        dataclasses.replace(SMOKE, hybrid_followed=SMOKE.softmax)
    with pytest.raises(ValueError, match="looked_for is 14"):
        dataclasses.replace(SMOKE, looked_for=14)
    with pytest.raises(ValueError, match="windows is"):
        dataclasses.replace(SMOKE, windows=(0,))


def test_held_by_width_is_counted_against_the_variance_and_the_room():
    """By hand: variance 2, so that below 0.2 counts; widths 3 and 7 of 2 entries have room 1, 3."""
    errors = {3: [0.1, 0.9, 0.1], 7: [0.0, 0.19, 0.3]}
    table = pd.concat(
        pd.DataFrame({"width": width, "scoring": scoring, "seed": 0, "back": range(3),
                      "error": found if scoring == "held out" else 0.0})
        for width, found in errors.items()
        for scoring in ("held out", "training")
    )  # fmt: skip
    rows = MetricRows()
    widths.add_widths(SMOKE, table, 2.0, rows)
    found = rows.table().set_index("metric")["value"]
    assert (found["width_3_held"], found["width_7_held"]) == (1, 2)
    assert (found["width_3_room"], found["width_7_room"]) == (1, 3)
    assert found["width_3_held_over_room"] == 1.0
    assert found["width_7_held_over_room"] == pytest.approx(2 / 3)
    assert found["held_gain_with_width"] == 1


def test_widths_are_probed_as_the_usual_width_is(result):
    """The widest of them is the hybrid, first seed, and the narrow one is another network."""
    keys = ["scoring", "back", "error"]
    usual = result.tables["probes"]
    usual = usual[(usual["model"] == "hybrid") & (usual["seed"] == 0)][keys]
    table = result.tables["widths"]
    pd.testing.assert_frame_equal(
        table[table["width"] == 7][keys].reset_index(drop=True), usual.reset_index(drop=True)
    )
    assert sorted(table["width"].unique()) == [3, 7]
    assert not np.allclose(table[table["width"] == 3]["error"], usual["error"])


def test_the_figure_of_widths_draws_held_out_errors(result):
    with figures.styled("light"):
        figure = figures.get("B21").draw(result)
    table = result.tables["widths"]
    table = table[table["scoring"] == "held out"]
    lines = figure.axes[0].get_lines()
    for line, width in zip(lines, (3, 7), strict=True):
        assert line.get_label() == f"{width} channels"
        np.testing.assert_array_equal(line.get_ydata(), table[table["width"] == width]["error"])
    plt.close(figure)


def test_narrow_tokens_have_narrow_keys_and_increasing_widths():
    narrow = [one.network for one in PRESETS["reduced"].narrow]
    narrow = [one for one in narrow if isinstance(one, SequenceConfig)]
    assert [(one.embedding_dim, one.key_size) for one in narrow] == [(5, 5), (10, 10), (20, 20)]
    with pytest.raises(ValueError, match=r"tokens have \[7, 7\] channels"):
        dataclasses.replace(SMOKE, narrow=(SMOKE.hybrid,))


def test_settings_can_be_written_down():
    """A record holds them as JSON."""
    for config in PRESETS.values():
        json.dumps(plain(config))
