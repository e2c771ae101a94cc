"""The few-shot experiment at preset smoke, and what its measures are."""

import dataclasses

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.errors import Refusal
from incontext.experiments.few_shot import panels
from incontext.experiments.few_shot.config import PRESETS
from incontext.figures import few_shot as drawn
from incontext.models import sequence
from incontext.networks.recorder import train_in_memory
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.fixed import evaluation_key

SMOKE = PRESETS["smoke"]
EXPERIMENT = experiments.get("few-shot")


@pytest.fixture(scope="module")
def networks():
    trained = train_in_memory(EXPERIMENT.wanted(SMOKE, (0,)))
    return {role: trained[one.training] for role, one in EXPERIMENT.trainings(SMOKE).items()}


@pytest.fixture(scope="module")
def result(networks):
    return EXPERIMENT.report(SMOKE, networks)


def curve(result, model, tasks):
    table = result.tables["losses"]
    chosen = table[(table["model"] == model) & (table["tasks"] == tasks)]
    return chosen.sort_values("pair")["loss"].to_numpy()


def test_every_claimed_number_is_measured(result):
    claimed = {one.metric for one in read_ledger() if one.experiment == "few-shot"}
    assert claimed
    assert claimed <= set(result.tables["metrics"]["metric"])


def test_every_table_and_token_can_be_recorded(result):
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert {array.shape[-1] for array in result.params.values()} == {3}
    assert all(np.isfinite(array).all() for array in result.params.values())


@pytest.mark.parametrize("tasks", [1, 2])
def test_losses_are_those_of_answers_read_off_one_by_one(result, networks, tasks):
    """Token by token by hand, without the code that lays prompts out or takes means."""
    task = SMOKE.task if tasks == 1 else SMOKE.two_tasks
    prompts = task.sample(SMOKE.test_size, key=evaluation_key(1))
    inputs, outputs = np.asarray(prompts.inputs), np.asarray(prompts.outputs)
    one = networks["softmax, EOS and prefix"]
    params = {name: value for name, value in one.params.items() if name != "prompt"}
    tuned = {name: np.asarray(value[0]) for name, value in one.params["prompt"].items()}
    rows = [
        [*tuned["prefix"], *(t for x, y in zip(xs, ys, strict=True) for t in (x, y, tuned["eos"]))]
        for xs, ys in zip(inputs, outputs, strict=True)
    ]
    network = one.training.network
    assert isinstance(network, sequence.SequenceConfig)
    first = {n: {k: v[0] for k, v in module.items()} for n, module in params.items()}
    found = np.asarray(sequence.build(network, 3).apply(first, jnp.asarray(rows, jnp.float32)))
    answers = np.stack([found[:, 2 + 3 * pair] for pair in range(SMOKE.num_pairs)], axis=1)
    expected = 0.5 * ((answers - outputs) ** 2).sum(-1).mean(0)
    name = "softmax, EOS and prefix"
    np.testing.assert_allclose(curve(result, name, tasks), expected, rtol=1e-4)


def test_a_second_task_changes_nothing_before_it_begins(result):
    for name in (panels.PAIRS, "hybrid, EOS"):
        one, two = (curve(result, name, tasks) for tasks in (1, 2))
        np.testing.assert_allclose(one[: SMOKE.switch], two[: SMOKE.switch], rtol=1e-5)
        assert abs(one[SMOKE.switch] - two[SMOKE.switch]) > 1e-3


def test_the_controls_have_their_own_ridges(result):
    assert curve(result, panels.TRANSITIONS_PUBLISHED, 1).max() > 2 * max(
        curve(result, panels.TRANSITIONS, 1)
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_draw_what_the_table_says(result, theme):
    with figures.styled(theme):
        figure = drawn.one_task(result)
        figure.canvas.draw()
        lines = {line.get_label(): line for axes in figure.axes for line in axes.get_lines()}
        expected = {
            "network, EOS": "softmax, EOS",
            "network, EOS and prefix": "softmax, EOS and prefix",
            "ridge, pairs only": panels.PAIRS,
            "the same, with the tuned EOS": panels.TRANSITIONS_EOS,
        }
        for label, model in expected.items():
            np.testing.assert_allclose(
                np.asarray(lines[label].get_ydata()), curve(result, model, 1)
            )
        plt.close(figure)
        for draw in (drawn.two_tasks, drawn.hybrid):
            figure = draw(result)
            figure.canvas.draw()
            drawings = [line.get_ydata() for axes in figure.axes for line in axes.get_lines()]
            highest = max(float(np.max(np.asarray(one))) for one in drawings)
            assert all(axes.get_ylim()[1] >= highest for axes in figure.axes)  # nothing is cut off
            plt.close(figure)


def test_a_reader_of_another_network_is_refused():
    softmax, hybrid = SMOKE.readers
    with pytest.raises(Refusal, match="its EOS reads few-shot-hybrid"):
        dataclasses.replace(softmax, eos=hybrid.eos)
    with pytest.raises(Refusal, match=r"published_ridge is 0\.0"):
        dataclasses.replace(SMOKE, published_ridge=0.0)
