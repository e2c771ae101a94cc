"""Eight simulated devices: the same trainings, spread over them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from incontext.training import devices

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("on_eight_devices.py")


@pytest.fixture(scope="module")
def found():
    """Largest differences from one device, by number of seeds and devices."""
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_seeds_and_tasks_are_spread_over_all_devices(found):
    assert {(one["seeds"], one["by_seed"], one["by_batch"]) for one in found} == {
        (1, 1, 8),
        (3, 1, 8),
        (4, 4, 2),
        (8, 8, 1),
    }
    assert {one["devices_used"] for one in found} == {8}


def test_results_are_those_of_one_device_within_the_noise_of_float32(found):
    for one in found:
        assert one["largest_weight"] > 0.1
        assert one["parameters"] < 5e-5, one
        assert one["losses"] < 1e-5, one
        assert one["kept"] < 2e-3, one  # half precision rounds numbers up to 4 by so much


def test_what_is_spread_is_taken_up_again_to_the_last_bit(found):
    assert [one["resumed"] for one in found] == [True] * 4


@pytest.mark.parametrize(
    ("num_seeds", "batch_size", "count", "grid"),
    [
        (5, 2048, 1, (1, 1)),
        (5, 2048, 8, (1, 8)),
        (10, 2048, 4, (2, 2)),
        (100, 2048, 8, (4, 2)),
        (3, 7, 2, (1, 1)),
    ],
)
def test_devices_that_divide_nothing_are_left_idle(num_seeds, batch_size, count, grid):
    assert devices.divide(num_seeds, batch_size, count) == grid
