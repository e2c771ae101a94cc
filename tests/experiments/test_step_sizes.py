"""Tuned algorithms: the line search against the closed form, GD++ against its construction."""

import dataclasses

import jax
import numpy as np
import pytest

from incontext.baselines import closed_form, gradient_descent
from incontext.experiments import prompts, step_sizes
from incontext.experiments.gdpp_depth.config import PAPER, PRESETS
from incontext.experiments.gdpp_depth.model import constructed_layers, transformer_config
from incontext.experiments.stages import Stage
from incontext.experiments.step_sizes import Descent
from incontext.models.transformer import build
from incontext.tasks.regression import LinearRegression
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig
from incontext.training.workspace import Workspace

TASK = LinearRegression(num_context=7, input_dim=5)
PROMPT = TASK.sample(11, key=jax.random.key(0))


def test_line_search_finds_the_optimum_of_one_step():
    found = step_sizes.tune_gradient_descent(TASK, num_steps=1)
    optimum = closed_form.one_step_optimum(1.0, 7, 5)
    # The grid's spacing is two percent, and the minimum is one of 10,000 sampled tasks.
    assert found.step_sizes[0] == pytest.approx(optimum.step_size, rel=0.04)
    assert found.curvatures == (0.0,)


def test_without_curvature_a_descent_is_gradient_descent():
    descent = Descent((0.3, 0.5), (0.0, 0.0))
    expected = gradient_descent.predict(PROMPT, [2.1, 3.5])
    np.testing.assert_allclose(descent(PROMPT), expected, rtol=1e-4, atol=1e-6)


def test_training_finds_a_curvature_that_helps():
    start = step_sizes.tune_gradient_descent(TASK, num_steps=2)
    training = TrainingConfig(100, 256, AdamConfig(3e-2), 100, 100)
    found = step_sizes.tune_gdpp(
        TASK, start, training, tied=True, name="gdpp", workspace=Workspace()
    )
    prompt = TASK.sample(4000, key=jax.random.key(1))
    losses = [float(((d(prompt) - prompt.query_targets) ** 2).mean()) for d in (start, found)]
    assert losses[1] < 0.9 * losses[0]
    assert found.curvatures[0] == found.curvatures[1] > 0.1


@pytest.mark.parametrize("depth", PAPER.depths, ids=lambda depth: f"{depth.num_layers} layers")
def test_constructed_network_is_the_algorithm_with_clipping_and_without(depth):
    """Inputs three times as large as in training, so that tokens do meet the bound."""
    task = LinearRegression(num_context=7, input_dim=5, input_range=3.0)
    prompt = task.sample(11, key=jax.random.key(2))
    count = depth.num_layers
    numbers = ((0.2,) * count, (0.11,) * count) if depth.tied else (
        tuple(0.1 * 1.5**k for k in range(count)), tuple(0.05 * 1.3**k for k in range(count))
    )  # fmt: skip
    descent = Descent(*numbers, bound=depth.token_clip)
    model = build(transformer_config(task, depth))
    layers = prompts.predict(model, constructed_layers(task, descent), prompt)
    scale = float(np.abs(layers).max())
    np.testing.assert_allclose(layers, descent(prompt), atol=1e-5 * scale)


@pytest.mark.parametrize(
    "numbers",
    [((1.0,), (0.1, 0.2)), ((), ()), ((float("nan"),), (0.1,)), ((-1.0,), (0.1,))],
    ids=["a curvature too many", "no step", "not finite", "a negative step size"],
)
def test_bad_numbers_are_refused(numbers):
    with pytest.raises(ValueError, match=r";|must"):
        Descent(*numbers)


def test_a_context_without_a_condition_number_is_refused():
    with pytest.raises(ValueError, match="input_dim = 10"):
        dataclasses.replace(PAPER, contexts=(9, 25))


def test_a_stage_trains_the_first_of_the_seeds():
    stage = Stage(PAPER.context_stage.training, num_seeds=2)
    assert stage.of([5, 3, 8]) == (5, 3)
    with pytest.raises(ValueError, match="at least 1"):
        dataclasses.replace(stage, num_seeds=0)


def test_presets_train_no_depth_that_is_unclipped_and_deep():
    for config in PRESETS.values():
        assert all(d.token_clip == 10.0 for d in config.depths if d.num_layers > 3)
