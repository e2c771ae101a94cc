"""A store in an empty directory; trainings of a second, trained in memory or made up."""

import functools

import compiling
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_experiment

from incontext.networks import network
from incontext.networks.recorder import train_in_memory
from incontext.networks.store import Store
from incontext.training.state import Trained, seed_keys

compile_little = pytest.fixture(autouse=True, scope="package")(compiling.little_and_once)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "networks")


@pytest.fixture
def tiny():
    """A training of 30 steps in three chunks, with weights kept at steps 10 and 20."""

    def make(name="first", num_steps=30, **changes):
        settings = tiny_experiment.config(num_steps, **changes)
        return tiny_experiment.trainings(settings)[name].training

    return make


@pytest.fixture
def in_memory():
    """What an uninterrupted training of some seeds, side by side, leads to."""
    return _in_memory


@functools.cache
def _in_memory(training, seeds):
    return train_in_memory({training: seeds})[training]


@pytest.fixture
def made_up():
    """Networks that were never trained: their start and losses of one."""

    def make(training, seeds=(0,)):
        starts = [training.function().init(seed_keys(seed).init) for seed in seeds]
        params = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
        half = jax.tree.map(lambda leaf: np.asarray(leaf, np.float16), params)
        steps = np.arange(0, training.schedule.num_steps + 1, training.schedule.evaluate_every)
        losses = np.ones((len(seeds), len(steps)), np.float32)
        kept = dict.fromkeys(training.kept.steps, half)
        return network.of(training, seeds, Trained(params, steps, losses, kept))

    return make
