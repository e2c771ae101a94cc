"""Networks in a world with one fixed nonlinearity: a smoke run, and what is measured on it."""

import dataclasses

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from incontext import experiments, figures
from incontext.experiments.nonlinear_dynamics import claims, panels
from incontext.experiments.nonlinear_dynamics.config import PRESETS
from incontext.experiments.tables import MetricRows
from incontext.figures import nonlinear_dynamics as drawing
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.fixed import fixed_batch

EXPERIMENT = experiments.get("nonlinear-dynamics")
SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0, 3))


def metric(result, name):
    table = result.tables["metrics"].set_index("metric")["value"]
    return table.loc[name]


def test_every_claimed_number_is_measured_and_can_be_recorded(result):
    claimed = {one.metric for one in read_ledger() if one.experiment == EXPERIMENT.name}
    long = ("followed", "_10", "_20", "_50", "layer_7")  # states, steps, layers that smoke lacks
    short = {name for name in claimed if any(part in name for part in long)}
    assert claimed - short <= set(result.tables["metrics"]["metric"])
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0


def test_the_features_make_the_dynamics_linear(result):
    """Least squares on MLP*(s) ends near the noise, on s far above; no network takes part."""
    assert metric(result, "least_squares_on_mlp_last_loss") < 10 * metric(result, "noise_floor")
    assert metric(result, "features_over_linear") < 0.1
    table = result.tables["positions"].set_index(["model", "t"])["loss"]
    one_late = table["Proposition 2 on MLP*, one late"]
    assert one_late[2] != table["Proposition 2 on MLP*"][2]
    # Nothing is predicted before a transition was seen, so the first loss is 1/2 E|s_2|^2.
    targets = np.asarray(fixed_batch(SMOKE.task, SMOKE.test_size, 1).targets)
    first = 0.5 * (targets[:, 0] ** 2).sum(-1).mean()
    np.testing.assert_allclose(one_late[1], first, rtol=1e-5)
    np.testing.assert_allclose(one_late[2], 0.5 * (targets[:, 1] ** 2).sum(-1).mean(), rtol=1e-5)


def test_probes_read_mlp_star_itself(result):
    """A token that is the features has no error; one that is nothing has their second moment."""
    table = result.tables["tokens"]
    states = np.asarray(fixed_batch(SMOKE.task, SMOKE.probe_size, 2).inputs)
    wanted = np.asarray(SMOKE.task.hidden_network(jnp.asarray(states)))
    size = (wanted[:, -SMOKE.looked_for] ** 2).mean()
    oldest = table[(table["layer"] == 0) & (table["back"] == SMOKE.looked_for - 1)]
    assert oldest["error"].between(0.3 * size, 3 * size).all()
    variance = wanted[:, -1].var(axis=0).mean()
    np.testing.assert_allclose(metric(result, "feature_variance"), variance, rtol=1e-4)
    read = table.set_index(["model", "scoring", "seed", "layer", "back"])["error"]
    for model in SMOKE.entrants:  # what is fitted on the same sequences fits them better
        assert read[model, "training", 0, 1, 0] < read[model, "held out", 0, 1, 7]


def test_the_present_feature_is_found_behind_the_first_mlp(result):
    table = result.tables["layers"]
    part = table[(table["target"] == "MLP*") & (table["scoring"] == "held out")]
    last = part[part["t"] == SMOKE.task.length].groupby("layer")["error"].mean()
    assert 0 < last[1] < 0.5  # predicting zero for a vector of length one costs a half
    assert list(last.index) == [0, 1, 2]


def test_sensitivities_are_counted_back_from_the_current_state(result):
    table = result.tables["sensitivities"]
    assert set(table["step"]) == {0, 4, 10, 20}
    means = table.groupby("back")["sensitivity"].mean()
    assert means.idxmax() == 0  # the residual stream carries the current state
    assert list(means.index) == list(range(SMOKE.task.length))


def test_metrics_of_tables_whose_answer_is_known():
    rows = MetricRows()
    table = pd.DataFrame(
        [("softmax", step, 0, back, value)
         for step in (0, 2900, 5000)
         for back, value in enumerate((0.3 + step, 0.2, 0.1, 0.1))],
        columns=["model", "step", "seed", "back", "sensitivity"],
    )  # fmt: skip
    claims.add_sensitivities(table, rows)
    found = rows.table().set_index("metric")["value"]
    assert found["softmax_followed_sensitivity_0"] == pytest.approx(2900.3)
    assert found["softmax_last_sensitivity_0"] == pytest.approx(5000.3)
    assert found["softmax_last_previous_over_older"] == pytest.approx(2.0)


def test_the_sharpness_is_the_best_one_of_those_given():
    one = dataclasses.replace(SMOKE, sharpnesses=(1e-6, 8.0))
    assert panels.sharpness(one) == 8.0


def test_what_is_drawn_is_what_the_tables_say(result):
    """Every learner is a line of its table; nothing published stands beside a small world."""
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for entry in figures.ENTRIES:
                if entry.experiment == EXPERIMENT.name:
                    figure = entry.draw(result)
                    figure.canvas.draw()
                    plt.close(figure)
    figure = drawing.positions(result)
    table = result.tables["positions"]
    drawn = [line.get_ydata() for line in figure.axes[0].lines]
    for model in (*drawing.NETWORKS, *drawing.ALGORITHMS, "kernel regression"):
        for _, part in table[table["model"] == model].groupby("seed"):
            assert any(np.array_equal(part["loss"], line) for line in drawn), model
    assert len(drawn) == 2 * 2 + len(drawing.ALGORITHMS) + 1
    plt.close(figure)


def test_published_curves_stand_beside_sequences_of_their_length(result):
    tables = dict(result.tables)
    longer = tables["positions"].assign(t=tables["positions"]["t"] + 50 - SMOKE.task.length)
    figure = drawing.positions(dataclasses.replace(result, tables={**tables, "positions": longer}))
    drawn = [np.asarray(line.get_ydata()).tolist() for line in figure.axes[0].lines]
    assert all(values in drawn for values in drawing.PUBLISHED.values())
    plt.close(figure)

    senses = tables["sensitivities"]
    senses = senses.assign(step=200 * senses["step"])  # to 4,000, where the paper shows 2,900
    tables |= {"positions": longer, "sensitivities": senses}
    figure = drawing.sensitivity(dataclasses.replace(result, tables=tables))
    for axes, published in zip(figure.axes, drawing.PUBLISHED_SENSITIVITY.values(), strict=True):
        lines = [
            tuple(np.asarray(one).tolist() for one in (line.get_xdata(), line.get_ydata()))
            for line in axes.lines
        ]
        assert all((drawing.PUBLISHED_STEPS, values) in lines for values in published)
        assert max(max(steps) for steps, _ in lines) == 2900
    plt.close(figure)


def test_linear_dynamics_and_impossible_settings_are_refused():
    linear = [
        dataclasses.replace(one, task=LinearDynamics(3, 13))
        for one in (SMOKE.softmax, SMOKE.hybrid)
    ]
    with pytest.raises(ValueError, match="learns linear dynamics"):
        dataclasses.replace(SMOKE, softmax=linear[0], hybrid=linear[1])
    with pytest.raises(ValueError, match="looked_for is 14"):
        dataclasses.replace(SMOKE, looked_for=14)
    with pytest.raises(ValueError, match="sharpnesses is"):
        dataclasses.replace(SMOKE, sharpnesses=())
