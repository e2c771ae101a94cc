"""Settings that no table could be made of are refused before anything is trained."""

import dataclasses

import pytest

from incontext import experiments
from incontext.experiments.single_layer.model import of_size
from incontext.tasks.regression import LinearRegression


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("single-layer", {"final_batches": 1}, "final_batches is 1; it must be at least 2"),
        ("single-layer", {"task": LinearRegression(input_distribution="mixture")}, "closed form"),
        ("copying", {"task": LinearRegression(num_noisy_targets=3)}, "closed form"),
        ("softmax", {"task": LinearRegression(output_dim=2)}, "reads one target"),
        ("gdpp-depth", {"task": LinearRegression(output_dim=2)}, "reads one target"),
        ("gdpp-depth", {"task": LinearRegression(num_context=5)}, "num_context 5; each must"),
        ("gdpp-depth", {"histogram_context": 26}, "histogram_context is 26; choose from"),
        ("causal-layer", {"compressed_at": 25}, "multiple of evaluate_every = 20"),
        ("causal-layer", {"compressed_at": 80}, "at most num_steps = 60"),
        ("deep-linear", {"compressed_at": 5}, "multiple of evaluate_every = 10"),
        ("deep-linear", {"test_size": 300}, "test_size is 300; it must be at most 256 or a mult"),
        ("mesa", {"longer_size": 257}, "longer_size is 257"),
        ("dataset-building", {"test_size": 1000}, "test_size is 1000"),
    ],
)
def test_they_are_refused_in_one_sentence(name, changes, said):
    smoke = experiments.get(name).presets["smoke"]
    with pytest.raises(ValueError, match=said) as caught:
        dataclasses.replace(smoke, **changes)
    assert "\n" not in str(caught.value)


def test_the_first_network_of_the_depths_is_tied():
    smoke = experiments.get("gdpp-depth").presets["smoke"]
    loose = dataclasses.replace(smoke.depths[0], tied=False)
    with pytest.raises(ValueError, match="must share its weights"):
        dataclasses.replace(smoke, depths=(loose, *smoke.depths[1:]))


def test_another_size_keeps_the_other_settings_of_the_task():
    task = LinearRegression(input_range=2.0, target_scale=0.5)
    assert of_size(task, 7) == LinearRegression(7, 7, input_range=2.0, target_scale=0.5)
