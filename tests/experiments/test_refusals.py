"""Settings that no table could be made of are refused before anything is trained."""

import dataclasses

import pytest

from incontext import experiments


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("single-layer", {"final_batches": 1}, "final_batches is 1; it must be at least 2"),
        ("copying", {"final_batches": 1}, "final_batches is 1"),
        ("softmax", {"final_batches": 1}, "final_batches is 1"),
        ("gdpp-depth", {"histogram_context": 26}, "histogram_context is 26; choose from"),
        ("causal-layer", {"compressed_at": 25}, "choose one of 0, 20, 40, 60, where linear-1"),
        ("causal-layer", {"compressed_at": 80}, "compressed_at is 80"),
        ("deep-linear", {"compressed_at": 5}, "choose one of 0, 10, 20, where linear-2"),
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
