"""A fixed set of tasks: settings, what is shared, and the numbers of a small run."""

import dataclasses

import jax
import numpy as np
import pandas as pd
import pytest

from incontext import experiments
from incontext.experiments import tables
from incontext.experiments.fixed_tasks import claims, panels
from incontext.experiments.fixed_tasks.config import PAPER, SMOKE, fixed_set
from incontext.tasks.regression import LinearRegression

EXPERIMENT = experiments.get("fixed-tasks")


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0, 1))


def test_a_loss_curve_that_is_not_of_the_whole_set_is_refused():
    block = SMOKE.block
    schedule = dataclasses.replace(block.schedule, evaluation_size=7)
    with pytest.raises(ValueError, match="13 fixed tasks and evaluation_size 7"):
        dataclasses.replace(SMOKE, block=dataclasses.replace(block, schedule=schedule))


def test_other_tasks_are_refused():
    task = dataclasses.replace(fixed_set(SMOKE.block), task=LinearRegression(input_range=2.0))
    with pytest.raises(ValueError, match="has other tasks than"):
        dataclasses.replace(SMOKE, block=dataclasses.replace(SMOKE.block, task=task))


def test_other_sets_are_trained_with_one_seed():
    wanted = EXPERIMENT.wanted(PAPER, range(5))
    counts = {training.name: len(seeds) for training, seeds in wanted.items()}
    assert counts["fixed-512-linear-1"] == 5
    assert counts["fixed-512-linear-1-set-3"] == 1


def test_a_layer_acts_through_as_many_numbers_as_its_gradient_has_directions():
    """Rank of the Jacobian of all predictions in all weights, at random weights in float64."""
    with jax.enable_x64(True):
        function = SMOKE.layers[0].function()
        leaves, shape = jax.tree.flatten(function.init(jax.random.key(0)))
        keys = jax.random.split(jax.random.key(1), len(leaves))
        drawn = [jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
        params = jax.tree.unflatten(shape, drawn)
        prompt = SMOKE.task.sample(307, key=jax.random.key(2))
        slopes = jax.jacobian(lambda one: function.predict(one, prompt)[:, 0])(params)
        matrix = np.concatenate(
            [np.asarray(leaf, float).reshape(307, -1) for leaf in jax.tree.leaves(slopes)], axis=1
        )
    assert np.linalg.matrix_rank(matrix, tol=1e-8 * np.linalg.norm(matrix)) == PAPER.num_weights


def test_least_squares_has_the_expected_losses():
    """Against least squares itself, with normal features and noise, mean over 20 sets."""
    count, size = PAPER.num_weights, 307
    draw = np.random.default_rng(0)
    train, test = [], []
    for _ in range(20):
        features, noise = draw.standard_normal((size, count)), draw.standard_normal(size)
        found = np.linalg.solve(features.T @ features, features.T @ noise)
        train.append(np.mean((noise - features @ found) ** 2))
        test.append(1 + found @ found)
    row = panels.least_squares(PAPER, [128, 100, size]).set_index("num_tasks")
    assert list(row.index) == [128, size]
    least = PAPER_LEAST
    np.testing.assert_allclose(row.loc[size, "training"] / least, np.mean(train), rtol=0.1)
    np.testing.assert_allclose(row.loc[size, "test"] / least, np.mean(test), rtol=0.1)


def test_training_loss_is_that_of_the_set_and_test_loss_that_of_fresh_tasks(result):
    """At smoke: the last entries of the curves against losses computed here."""
    metrics = result.tables["metrics"].set_index(["metric", "seed"])["value"]
    ends = result.tables["ends"]
    assert list(zip(ends["set"], ends["seed"], strict=True)) == [(0, 0), (0, 1), (1, 0)]
    by_set = ends.groupby("set")["test"].mean()
    assert metrics["test_loss_over_sets_at_131", -1] == pytest.approx(by_set.mean())
    assert metrics["greatest_test_loss_over_sets_at_131", -1] == pytest.approx(by_set.max())
    curves = result.tables["curves"]
    last = curves[(curves["step"] == 20) & (curves["seed"] == 1)].set_index("metric")["value"]
    assert last["loss"] == pytest.approx(metrics["training_loss_at_131", 1])
    assert last["test loss"] != pytest.approx(last["loss"])
    assert metrics["training_over_least_squares_at_131", -1] == pytest.approx(
        ends.groupby("set")["training"].mean().mean() / (PAPER_LEAST * (1 - 120 / 131))
    )


def test_the_rise_of_the_test_loss_is_read_off_the_curve():
    steps = [0, 10, 20, 30]
    curves = pd.DataFrame(
        [(metric, 0, step, value)
         for metric, values in (("test loss", [0.4, 0.6, 0.5, 0.2]), ("loss", [0.4, 0.3, 0.2, 0.1]))
         for step, value in zip(steps, values, strict=True)],
        columns=["metric", "seed", "step", "value"],
    )  # fmt: skip
    rows = tables.MetricRows()
    claims.add_block(curves, rows)
    found = rows.table().set_index("metric")["value"]
    assert found["block_test_loss_greatest"] == 0.6
    assert found["block_test_loss_greatest_at"] == 10
    assert found["block_test_over_training"] == pytest.approx(2.0)


PAPER_LEAST = 0.2062291  # closed form of one step, tests/baselines/test_closed_form.py
