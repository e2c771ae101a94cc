"""The mesa experiment at preset smoke, and what its readings of weights are worth."""

import dataclasses

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.analysis import ridges
from incontext.baselines import least_squares
from incontext.experiments.mesa.config import PAPER, PRESETS, title
from incontext.experiments.mesa.model import algorithms, predict_regressions, sweep_ridges
from incontext.experiments.stacks import stack
from incontext.models.kinds import KINDS
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.dynamics import LinearDynamics


@pytest.fixture(scope="module")
def result():
    return experiments.get("mesa").run(PRESETS["smoke"], seeds=(0, 3))


def metric(result, name):
    table = result.tables["metrics"]
    return table.loc[table["metric"] == name].set_index("seed")["value"]


def test_every_claimed_number_is_measured(result):
    measured = set(result.tables["metrics"]["metric"])
    claimed = {claim.metric for claim in read_ledger() if claim.experiment == "mesa"}
    assert claimed
    assert claimed <= measured


def test_every_table_and_weight_can_be_recorded(result):
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert all(np.isfinite(array).all() and len(array) == 2 for array in result.params.values())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_figures_are_drawn(result, theme):
    entries = [entry for entry in figures.ENTRIES if entry.experiment == "mesa"]
    with figures.styled(theme):
        for entry in entries:
            figure = entry.draw(result)
            figure.canvas.draw()
            plt.close(figure)
    assert len(entries) == 4


def test_losses_are_of_the_learners_they_are_named_after(result):
    """The first position loses half the squared length of the second state, whoever predicts."""
    table = result.tables["positions"].pivot_table(index="t", columns="model", values="loss")
    for name in ("least squares", "least squares, best ridge", "two numbers per head"):
        assert table.loc[1, name] == pytest.approx(
            table.loc[1, "least squares, one late"], rel=0.02
        )
    assert table.loc[2, "least squares"] < 0.97 * table.loc[2, "least squares, one late"]
    means = metric(result, "least_squares_mean_loss").iloc[0]
    assert means == pytest.approx(table["least squares"].mean(), rel=1e-6)


def test_ridges_over_training_end_with_those_of_the_weights(result):
    last = result.tables["ridges"].query("step == step.max() and seed == 3")
    layer = {
        name.removeprefix("trained/layer_0/"): jnp.asarray(array[1])
        for name, array in result.params.items()
    }
    found = ridges.read(layer, 10)
    np.testing.assert_allclose(last["ridge"], found.ridge, rtol=1e-5)
    np.testing.assert_allclose(last["gain"], found.gain, rtol=1e-5)
    np.testing.assert_array_equal(last["ridge_scale"], layer["ridge_scale"])


def test_the_best_ridge_is_the_best_of_the_sweep():
    config = dataclasses.replace(PRESETS["smoke"], ridges=(100.0, 0.0, 1e-3))
    sweep = sweep_ridges(config)
    assert list(sweep["ridge"]) == [100.0, 0.0, 1e-3]
    best = {learner.name: learner for learner in algorithms(sweep)}["least squares, best ridge"]
    trajectory = LinearDynamics(length=17).sample(3, key=jax.random.key(0))
    chosen = sweep.loc[sweep["loss"].idxmin(), "ridge"]
    expected = least_squares.predict(trajectory.inputs, float(chosen))
    assert chosen < 1
    np.testing.assert_allclose(best.predict(trajectory)[0], expected, rtol=1e-5, atol=1e-6)


def test_heads_of_a_constructed_layer_add_up():
    states = LinearDynamics(state_dim=5, length=13).sample(3, key=jax.random.key(0)).inputs
    numbers = ridges.HeadRidges(jnp.array([0.7, -0.2]), jnp.array([0.1, 2.0]))
    parts = [g * least_squares.predict(states, r) for g, r in zip(*numbers, strict=True)]
    found = predict_regressions(numbers, states)
    # Singular values in float32: errors of 1e-4 where a direction has barely been seen.
    np.testing.assert_allclose(found, sum(parts), rtol=1e-3, atol=1e-4)


def test_published_settings_are_those_of_the_table():
    assert PAPER.layer.schedule.optimizer.learning_rate == 4e-4
    assert [title(one) for one in PAPER.stacks if "linear" in one.name] == [
        "1 linear layer",
        "2 linear layers",
        "4 linear layers",
        "6 linear layers",
    ]
    assert {one.schedule.num_steps for one in PAPER.stacks if "6" in one.name} == {15_000}


def drawn(axes):
    """Every line of a panel as pairs of numbers."""
    return [np.asarray(line.get_xydata()) for line in axes.lines]


def holds(lines, table, x, y="loss"):
    wanted = table[[x, y]].to_numpy(float)
    return any(line.shape == wanted.shape and np.allclose(line, wanted) for line in lines)


@pytest.mark.parametrize(("name", "table"), [("B4D-mesa", "positions"), ("B4D-longer", "longer")])
def test_every_network_and_seed_is_drawn(result, name, table):
    lines = drawn(figures.get(name).draw(result).axes[0])
    found = result.tables[table]
    networks = [one for one in found["model"].unique() if "layer" in one]
    assert len(networks) == 3
    for _, part in found[found["model"].isin(networks)].groupby(["model", "seed"]):
        assert holds(lines, part, "t"), part["model"].iloc[0]
    plt.close("all")


def test_each_ridge_panel_shows_what_it_says(result):
    left, right, cost, gains = figures.get("B4A-ridge").draw(result).axes
    table = result.tables["ridges"]
    for _, part in table.groupby(["seed", "head"]):
        assert holds(drawn(left), part, "step", "ridge_scale")
        small = part[part["ridge"] < 1e3]
        assert small.empty or holds(drawn(right), small, "step", "ridge")
    assert "λ" in left.get_ylabel()
    assert "ridge" in right.get_ylabel()
    last = table[table["step"] == table["step"].max()]
    sweep = result.tables["sweep"].sort_values("ridge")
    assert holds(drawn(cost), sweep[sweep["ridge"] > 0], "ridge", "loss")
    np.testing.assert_allclose(drawn(cost)[1][:, 0], last["ridge"])
    for curve, (_, heads) in zip(drawn(gains), last.groupby("seed"), strict=False):
        t, mean = curve[-1, 0], (curve[-1, 0] - 1) / 3
        assert curve[-1, 1] == pytest.approx(np.sum(heads["gain"] * mean / (mean + heads["ridge"])))
        assert t > 2
    plt.close("all")


def test_a_layer_of_a_new_kind_takes_the_place_of_the_mesa_layer(monkeypatch):
    """One function and one line in KINDS: its curve is in the table and in the figure."""

    def average(num_heads, key_size, initialization, name):
        del num_heads, key_size

        def layer(tokens, positions):
            del positions
            width = tokens.shape[-1]
            start = initialization.for_fan_in(width)
            mean = jnp.cumsum(tokens, axis=1) / jnp.arange(1, tokens.shape[1] + 1)[None, :, None]
            return hk.Linear(width, with_bias=False, w_init=start, name=name)(mean)

        return layer

    monkeypatch.setitem(KINDS, "average", average)
    smoke = PRESETS["smoke"]
    one = stack("average", 1, smoke.layer.schedule, task=smoke.task)
    config = dataclasses.replace(smoke, layer=one)
    result = experiments.get("mesa").run(config, seeds=[0])
    assert "ridges" not in result.tables
    part = result.tables["positions"].query("model == '1 average layer'")
    assert len(part) == smoke.task.length
    figure = figures.get("B4D-mesa").draw(result)
    assert holds(drawn(figure.axes[0]), part, "t")
    plt.close(figure)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"stacks": ()}, "there are 0 stacks"),
        ({"ridges": (-1.0,)}, "ridges holds -1.0"),
        ({"longer": 17}, "longer is 17"),
    ],
)
def test_bad_settings_are_refused(change, word):
    with pytest.raises(ValueError, match=word):
        dataclasses.replace(PRESETS["smoke"], **change)
