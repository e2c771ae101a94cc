"""Sine prompts: their distribution, their two families, and what is refused."""

import math

import jax
import numpy as np
import pytest

from incontext.baselines import sine
from incontext.tasks.sine import SineRegression


def draw(**settings):
    return SineRegression(num_context=7, **settings).sample(503, key=jax.random.key(0))


def test_shapes_name_one_input_and_one_target():
    shapes = [array.shape for array in draw()]
    assert shapes == [(503, 7, 1), (503, 7, 1), (503, 1), (503, 1)]


@pytest.mark.parametrize("coupling", ["independent", "published"])
def test_every_prompt_is_one_sine_of_allowed_amplitude_and_phase(coupling):
    prompt = draw(coupling=coupling)
    along_sine, along_cosine = np.asarray(sine.coefficients(prompt)).T
    amplitude, phase = np.hypot(along_sine, along_cosine), np.arctan2(along_cosine, along_sine)
    linear = sine.in_features(prompt)
    predicted = np.einsum("bnf,bf->bn", linear.context_inputs, np.c_[along_sine, along_cosine])
    # float32 least squares; some prompts have all inputs close to multiples of pi
    np.testing.assert_allclose(predicted, prompt.context_targets[..., 0], atol=1e-4)
    assert 0.1 - 1e-3 < amplitude.min() < 0.12 < 0.48 < amplitude.max() < 0.5 + 1e-3
    assert -1e-2 < phase.min() < 0.1 < math.pi - 0.1 < phase.max() < math.pi + 1e-2


@pytest.mark.parametrize(("coupling", "low", "high"), [("published", 0.9999, 1.0001),
                                                       ("independent", -0.1, 0.1)])  # fmt: skip
def test_amplitude_and_phase_are_correlated_as_named(coupling, low, high):
    waves = SineRegression(coupling=coupling).sample_waves(2003, key=jax.random.key(1))
    # independent: the correlation of 2003 pairs has standard deviation 0.022
    assert low < np.corrcoef(waves.amplitudes, waves.phases)[0, 1] < high


def test_inputs_fill_their_range_evenly():
    inputs = np.asarray(draw(input_range=6.0).context_inputs)
    assert np.abs(inputs).max() <= 3.0
    assert np.var(inputs) == pytest.approx(36 / 12, rel=0.05)  # 3521 draws


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"num_context": 0}, "num_context is 0"),
        ({"input_range": -1.0}, "input_range is -1.0"),
        ({"amplitude_range": (0.5, 0.1)}, "amplitude_range"),
        ({"amplitude_range": (-0.5, 0.1)}, "must not be negative"),
        ({"phase_range": (0.0, math.inf)}, "phase_range"),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(settings, word):
    with pytest.raises(ValueError, match=word):
        SineRegression(**settings)
