"""Settings of the single-layer figures, and what is kept for them."""

import dataclasses

import numpy as np
import pytest

from incontext import experiments
from incontext.experiments.regressions import regression_layers
from incontext.experiments.single_layer.config import LAPTOP, PAPER, PRESETS, SMOKE, of_size
from incontext.networks.layouts import Apart
from incontext.tasks.regression import LinearRegression

EXPERIMENT = experiments.get("single-layer")


def _with(**changes):
    return dataclasses.replace(SMOKE, layer=dataclasses.replace(SMOKE.layer, **changes))


def test_tasks_without_a_closed_form_are_refused():
    with pytest.raises(ValueError, match="closed form"):
        _with(task=LinearRegression(input_distribution="mixture"))


@pytest.mark.parametrize(
    "shape",
    [
        {"num_heads": 2},
        {"weightings": ("softmax",)},
        {"layer_norm": (True,)},
    ],
)
def test_other_networks_are_refused(shape):
    layer = regression_layers(SMOKE.layer.schedule, **shape)
    with pytest.raises(ValueError, match="not made of linear layers with one head"):
        dataclasses.replace(SMOKE, layer=layer)


def test_other_tokens_are_refused():
    with pytest.raises(ValueError, match="not made of linear layers"):
        _with(layout=Apart(20))


@pytest.mark.parametrize("shape", [{"weightings": ("linear",) * 2}, {"token_clip": 10.0}])
def test_what_cannot_be_rolled_out_is_refused(shape):
    layer = regression_layers(SMOKE.layer.schedule, **shape)
    with pytest.raises(ValueError, match="give it one layer and None"):
        dataclasses.replace(SMOKE, layer=layer)


def test_sizes_need_a_seed():
    with pytest.raises(ValueError, match="num_size_seeds is 0; it must be at least 1"):
        dataclasses.replace(SMOKE, num_size_seeds=0)


def test_another_size_keeps_the_other_settings_of_the_task():
    task = LinearRegression(input_range=2.0, target_scale=0.5)
    assert of_size(task, 7) == LinearRegression(7, 7, input_range=2.0, target_scale=0.5)


def test_the_size_of_the_layer_is_not_trained_again():
    wanted = EXPERIMENT.wanted(PAPER, range(5))
    assert {training.name: len(seeds) for training, seeds in wanted.items()} == {
        "regression-linear-1": 5,
        **{f"regression-linear-1-size-{size}": 3 for size in (5, 20, 35, 50)},
    }


def test_weights_are_kept_where_the_loss_is_taken():
    """The figure of weights in training looks them up by the step of the loss curve."""
    for config in PRESETS.values():
        schedule = config.layer.schedule
        steps = range(schedule.evaluate_every, schedule.num_steps, schedule.evaluate_every)
        assert config.layer.kept.steps == tuple(steps)
        assert config.layer.kept.parts == ()
    assert len(LAPTOP.layer.kept.steps) == 19


def test_products_on_the_way_follow_the_loss():
    """At smoke: as many products as losses, the last of them that of the final weights."""
    result = EXPERIMENT.run(dataclasses.replace(SMOKE, sizes=(10,)), seeds=(0,))
    curves = result.tables["curves"]
    losses = curves[curves["metric"] == "loss"]
    assert set(curves["metric"]) == {
        "loss", "cosine", "prediction_difference", "sensitivity_difference",
    }  # fmt: skip
    for metric, part in curves.groupby("metric"):
        assert list(part["step"]) == list(losses["step"]), metric
    key_query = result.params["history/key_query"]
    assert key_query.shape == (1, len(losses), 11, 11)
    key, query = (result.params[f"trained/layer_0/{name}"][0, 0] for name in ("key", "query"))
    np.testing.assert_allclose(key_query[0, -1], key.T @ query, rtol=1e-4, atol=1e-6)
    assert set(result.tables["sizes"]["num_context"]) == {10}
