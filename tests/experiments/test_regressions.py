"""Shared trainings on linear regression: their names, and what they are equal to."""

import pytest

from incontext.experiments import gdpp_depth, single_layer, softmax
from incontext.experiments.regressions import adam, gdpp, regression_layers, with_task
from incontext.networks.training import Training
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Kept, Schedule

SCHEDULE = Schedule(100, 7, adam(1e-3), 50)


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ({}, "regression-linear-1"),
        ({"num_heads": 2}, "regression-linear-2-heads"),
        ({"weightings": ("softmax",)}, "regression-softmax-1-head"),
        ({"weightings": ("softmax",), "num_heads": 2}, "regression-softmax-2-heads"),
        ({"weightings": ("linear",) * 2, "tied": True}, "regression-tied-2"),
        ({"weightings": ("linear",) * 5}, "regression-untied-5"),
        ({"layer_norm": (True,)}, "regression-norm-1"),
        (
            {"weightings": ("linear",) * 2, "layer_norm": (False, True)},
            "regression-norm-2",
        ),
        ({"task": LinearRegression(num_context=25)}, "regression-linear-1-context-25"),
        ({"task": LinearRegression(7, 7)}, "regression-linear-1-size-7"),
        ({"task": LinearRegression(7, 5)}, "regression-linear-1-context-7-inputs-5"),
    ],
)
def test_the_name_says_what_it_is(shape, name):
    assert regression_layers(SCHEDULE, **shape).name == name


def test_deeper_networks_start_smaller():
    training = regression_layers(SCHEDULE, weightings=("linear",) * 5)
    assert training.network.initialization.scale == pytest.approx(0.002 / 5)


def test_another_task_changes_the_task_and_the_name_alone():
    first = regression_layers(SCHEDULE, task=LinearRegression(7, 7), kept=Kept((50,)))
    assert with_task(first, first.task) is first
    other = with_task(first, LinearRegression(num_context=25))
    assert other == regression_layers(SCHEDULE, task=LinearRegression(num_context=25))
    assert other.name == "regression-linear-1-context-25"


def _published() -> list[Training]:
    chosen = (single_layer.EXPERIMENT, gdpp_depth.EXPERIMENT, softmax.EXPERIMENT)
    return [
        wanted.training
        for experiment in chosen
        for wanted in experiment.trainings(experiment.presets["paper"]).values()
    ]


def test_published_names_are_those_of_one_training_each():
    named: dict[str, Training] = {}
    for training in _published():
        assert named.setdefault(training.name, training) == training
    assert set(named) == {
        "regression-linear-1",
        *(f"regression-linear-1-size-{size}" for size in (5, 20, 35, 50)),
        "regression-tied-2",
        "regression-untied-5",
        "regression-tied-10",
        *(f"regression-tied-2-context-{size}" for size in (25, 50, 100)),
        *("gdpp-2", "gdpp-5", "gdpp-10"),
        *("regression-softmax-1-head", "regression-softmax-2-heads"),
        *("regression-norm-1", "regression-norm-2", "regression-linear-2-heads"),
        *(f"gdpp-2-context-{size}" for size in (25, 50, 100)),
    }


def test_steps_of_gdpp_are_tied_unless_told_otherwise():
    training = gdpp(SCHEDULE, 5, tied=False, bound=10.0)
    assert (training.name, training.network.tied) == ("gdpp-5", False)
    assert gdpp(SCHEDULE, 2).network.tied
