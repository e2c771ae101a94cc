"""Depths: constructed networks against their algorithm, trainings with their seeds, refusals."""

import dataclasses

import jax
import numpy as np
import pytest

from incontext import experiments
from incontext.baselines.descent import Descent, tune_gradient_descent
from incontext.experiments.gdpp_depth.config import PAPER, PRESETS, SMOKE, Depth
from incontext.experiments.gdpp_depth.model import compare, constructed_layers, history
from incontext.experiments.regressions import adam, gdpp, regression_layers, with_task
from incontext.networks.recorder import train_in_memory
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Schedule
from incontext.training.loop import take_seed
from incontext.training.optimizers import AdamConfig

TASK = LinearRegression(num_context=7, input_dim=5)


def test_training_finds_a_curvature_that_helps():
    start = tune_gradient_descent(TASK, num_steps=2)
    training = gdpp(Schedule(100, 256, AdamConfig(3e-2), 100, 100), 2, task=TASK)
    networks = train_in_memory({training: (0,)})[training]
    found = training.network.descent(take_seed(networks.params, 0))
    prompt = TASK.sample(4000, key=jax.random.key(1))
    losses = [float(((d(prompt) - prompt.query_targets) ** 2).mean()) for d in (start, found)]
    assert losses[1] < 0.9 * losses[0]
    assert found.curvatures[0] == found.curvatures[1] > 0.1


@pytest.mark.parametrize("depth", PAPER.depths, ids=lambda depth: depth.title)
def test_constructed_network_is_the_algorithm_with_clipping_and_without(depth):
    """Inputs three times as large as in training, so that tokens do meet the bound."""
    task = LinearRegression(num_context=7, input_dim=5, input_range=3.0)
    prompt = task.sample(11, key=jax.random.key(2))
    count = depth.num_layers
    numbers = ((0.2,) * count, (0.11,) * count) if depth.shape.tied else (
        tuple(0.1 * 1.5**k for k in range(count)), tuple(0.05 * 1.3**k for k in range(count))
    )  # fmt: skip
    descent = Descent(*numbers, bound=depth.shape.token_clip)
    network = with_task(depth.network, task).function()
    layers = network.predict(constructed_layers(task, descent), prompt)
    scale = float(np.abs(layers).max())
    np.testing.assert_allclose(layers, descent(prompt), atol=1e-5 * scale)


def test_a_constructed_network_is_aligned_with_its_algorithm():
    """Over training the measures end at those of the final weights; here GD++'s own."""
    depth = dataclasses.replace(SMOKE.depths[0], tuning=Schedule(20, 32, adam(3e-2), 20, 100))
    trained = train_in_memory({depth.network: (0,), depth.gdpp: (0,)})
    one = compare(depth, trained[depth.network], trained[depth.gdpp])
    weights = constructed_layers(depth.task, one.gdpp)
    layer = {name: np.asarray(array)[None] for name, array in weights["layer_0"].items()}
    network = dataclasses.replace(one.network, params={"layer_0": layer})
    along = history(one._replace(network=network))
    assert along["cosine_gdpp"][0, -1] == pytest.approx(1.0, abs=1e-5)
    assert along["prediction_difference_gdpp"][0, -1] == pytest.approx(0.0, abs=1e-5)
    assert along["first_layer_curvature"][0, -1] == pytest.approx(one.gdpp.curvatures[0], rel=1e-4)
    assert along["cosine_gd"][0, -1] < 0.999
    assert all(values.shape == (1, 3) for values in along.values())


def test_every_training_has_its_share_of_the_seeds():
    wanted = experiments.get("gdpp-depth").wanted(PAPER, (0, 1, 2, 3, 4))
    assert {training.name: len(seeds) for training, seeds in wanted.items()} == {
        "regression-tied-2": 5,
        "regression-untied-5": 1,
        "regression-tied-10": 1,
        **{f"regression-tied-2-context-{size}": 2 for size in (25, 50, 100)},
        **{f"gdpp-{count}": 1 for count in (2, 5, 10)},
        **{f"gdpp-2-context-{size}": 1 for size in (25, 50, 100)},
    }


def test_the_algorithm_has_the_shape_of_the_network():
    for depth in PAPER.depths:
        algorithm, shape = depth.gdpp.network, depth.shape
        assert (algorithm.num_steps, algorithm.tied) == (shape.num_layers, shape.tied)
        assert algorithm.bound == shape.token_clip
        assert depth.gdpp.task == depth.task


def test_another_context_changes_the_task_and_the_schedule_alone():
    first, other = PAPER.depths[0], PAPER.with_context(25)
    assert PAPER.with_context(10) is first
    assert other.task == dataclasses.replace(PAPER.task, num_context=25)
    assert other.shape == first.shape
    assert (other.network.schedule, other.tuning) == (PAPER.context_schedule, PAPER.context_tuning)


def test_a_context_without_a_condition_number_is_refused():
    with pytest.raises(ValueError, match="input_dim = 10"):
        dataclasses.replace(PAPER, contexts=(9, 25))


def _on(task: LinearRegression):
    return tuple(
        dataclasses.replace(depth, network=with_task(depth.network, task)) for depth in SMOKE.depths
    )


def test_tasks_that_the_tables_cannot_read_are_refused():
    with pytest.raises(ValueError, match="reads one target"):
        dataclasses.replace(SMOKE, depths=_on(LinearRegression(output_dim=2)))
    with pytest.raises(ValueError, match="num_context 5; each must"):
        dataclasses.replace(SMOKE, depths=_on(LinearRegression(num_context=5)))
    with pytest.raises(ValueError, match="another task"):
        dataclasses.replace(SMOKE, depths=(SMOKE.depths[0], _on(TASK)[1]))


def test_the_first_network_of_the_depths_is_tied():
    with pytest.raises(ValueError, match="must share its weights"):
        dataclasses.replace(SMOKE, depths=SMOKE.depths[::-1])


def test_depths_that_the_tables_cannot_tell_apart_are_refused():
    with pytest.raises(ValueError, match=r"\[2, 2\] layers; give at least two"):
        dataclasses.replace(SMOKE, depths=SMOKE.depths[:1] * 2)


def test_a_depth_without_seeds_or_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="num_seeds is 0; it must be at least 1"):
        dataclasses.replace(SMOKE.depths[0], num_seeds=0)
    soft = regression_layers(SMOKE.depths[0].network.schedule, weightings=("softmax",) * 2)
    with pytest.raises(ValueError, match="not made of linear layers"):
        Depth(soft, 1, SMOKE.depths[0].tuning)


def test_presets_train_no_depth_that_is_unclipped_and_deep():
    for config in PRESETS.values():
        assert all(d.shape.token_clip == 10.0 for d in config.depths if d.num_layers > 3)
