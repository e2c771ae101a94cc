"""The softmax experiment at preset smoke: its numbers, what it shares, what it refuses."""

import dataclasses

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.errors import Refusal
from incontext.experiments import gdpp_depth, single_layer, softmax
from incontext.experiments.regressions import regression_layers, with_task
from incontext.experiments.softmax.config import TITLES, Config
from incontext.experiments.softmax.model import algorithms, predict_to_first_order
from incontext.networks import Together
from incontext.networks.recorder import train_in_memory
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Kept

SMOKE, PAPER = softmax.PRESETS["smoke"], softmax.PRESETS["paper"]

# Claimed of seeds that solve the task, which a smoke run is too short for.
AFTER_THE_DROP = {"linear_one_head_steps_to_solve", "linear_two_heads_steps_to_solve"}


@pytest.fixture(scope="module")
def result():
    return experiments.get("softmax").run(SMOKE, seeds=(0, 3))


def test_every_claimed_number_is_measured(result):
    measured = set(result.tables["metrics"]["metric"])
    claimed = {claim.metric for claim in read_ledger() if claim.experiment == "softmax"}
    assert claimed
    assert claimed - AFTER_THE_DROP <= measured


def test_every_table_and_weight_can_be_recorded(result):
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert {name.split("/")[0] for name in result.params} == set(TITLES)
    assert all(np.isfinite(array).all() for array in result.params.values())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_figures_are_drawn(result, theme):
    entries = [one for one in figures.ENTRIES if one.experiment == "softmax" and not one.sweep]
    with figures.styled(theme):
        for entry in entries:
            figure = entry.draw(result)
            figure.canvas.draw()
            plt.close(figure)
    assert entries


def test_every_network_has_its_share_of_the_seeds_and_is_followed_to_the_end(result):
    curves, metrics = result.tables["curves"], result.tables["metrics"]
    for name, entrant in SMOKE.entrants.items():
        one = curves[curves["model"] == TITLES[name]]
        assert set(one["seed"]) == set((0, 3)[: entrant.num_seeds])
        assert set(one["step"]) == set(range(0, entrant.network.schedule.num_steps + 1, 50))
    ends = metrics.set_index(["metric", "seed"])["value"]
    last = curves[(curves["model"] == TITLES["two_heads"]) & (curves["step"] == 100)]
    last = last[last["metric"] != "loss"]
    assert len(last) == 2 * 7
    for row in last.itertuples():
        assert ends["two_heads_" + row.metric, row.seed] == pytest.approx(row.value, rel=1e-6)


def test_two_layers_are_compared_with_two_steps(result):
    metrics = set(result.tables["metrics"]["metric"])
    assert {"two_normalised_cosine_gd", "two_normalised_cosine_gdpp"} <= metrics
    assert "normalised_cosine_gdpp" not in metrics
    tuned = algorithms(SMOKE, train_in_memory({SMOKE.gdpp: (0,)})[SMOKE.gdpp])
    assert [len(one.step_sizes) for one in tuned] == [1, 2, 2]
    assert tuned.beside("normalised") == {"gd": tuned.one_step}
    assert tuned.beside("two_normalised") == {"gd": tuned.two_steps, "gdpp": tuned.gdpp}
    assert tuned.gdpp.curvatures[0] == tuned.gdpp.curvatures[1] != 0


def test_small_logits_make_a_softmax_layer_its_first_order():
    training = SMOKE.two_heads.network
    prompt = training.task.sample(17, key=jax.random.key(1))
    params = training.function().init(jax.random.key(2))
    large = {"layer_0": {name: 30 * array for name, array in params["layer_0"].items()}}
    small = {"layer_0": {**large["layer_0"], "query": 1e-2 * large["layer_0"]["query"]}}
    for weights, close in ((large, False), (small, True)):
        whole = training.function().predict(weights, prompt)
        gap = jnp.max(jnp.abs(predict_to_first_order(weights, prompt) - whole))
        assert (gap < 1e-3 * jnp.max(jnp.abs(whole))) == close


def test_published_trainings_are_shared_with_the_other_experiments():
    layer = single_layer.PRESETS["paper"].layer
    assert PAPER.linear_one_head.network == layer
    assert PAPER.linear_one_head.network.name == layer.name
    assert PAPER.gdpp == gdpp_depth.PRESETS["paper"].depths[0].gdpp


def _changed(name, **changes):
    entrant = getattr(SMOKE, name)
    network = dataclasses.replace(entrant.network, **changes)
    return dataclasses.replace(SMOKE, **{name: dataclasses.replace(entrant, network=network)})


def _on(task: LinearRegression) -> Config:
    entrants = {
        name: dataclasses.replace(one, network=with_task(one.network, task))
        for name, one in SMOKE.entrants.items()
    }
    return dataclasses.replace(SMOKE, **entrants)


@pytest.mark.parametrize(
    ("build", "word"),
    [
        (lambda: _on(LinearRegression(output_dim=2)), "reads one target"),
        (lambda: _on(LinearRegression(num_noisy_targets=3)), "closed form"),
        (lambda: _changed("normalised", task=LinearRegression(7, 7)), "has another task than"),
        (
            lambda: dataclasses.replace(SMOKE, two_heads=SMOKE.one_head),
            "two_heads is another network than two softmax heads",
        ),
        (
            lambda: _changed(
                "linear_one_head",
                network=dataclasses.replace(SMOKE.linear_one_head.network.network, mlp_width=3),
            ),
            "linear_one_head is another network",
        ),
        (lambda: _changed("one_head", kept=Kept((50,), ("layer_0",))), "keep all weights"),
        (lambda: dataclasses.replace(SMOKE.one_head, num_seeds=0), "num_seeds is 0"),
    ],
)
def test_what_no_table_could_be_made_of_is_refused(build, word):
    with pytest.raises(Refusal, match=word) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_another_task_or_width_of_keys_is_welcome():
    assert _on(LinearRegression(7, 5)).task == LinearRegression(7, 5)
    narrow = dataclasses.replace(SMOKE.one_head.network.network, key_size=3)
    changed = _changed("one_head", network=narrow)
    assert changed.one_head.network.layout == Together()
    assert changed.gdpp == SMOKE.gdpp
    assert regression_layers(SMOKE.one_head.network.schedule).network != narrow
