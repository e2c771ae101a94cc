"""Losses of all trainings are means over tasks, so that batches may be cut into blocks."""

import jax
import numpy as np
import pytest

from incontext import experiments
from incontext.networks import distillation
from incontext.training import blocks

pytestmark = pytest.mark.slow


def trainings():
    """Every training at smoke, and the first experiment that wants it."""
    found = {}
    for name in experiments.names():
        one = experiments.get(name)
        for training in one.wanted(one.presets["smoke"], seeds=(0,)):
            found.setdefault(training, name)
    return found


def started(training, seed):
    """Weights that a network starts from."""
    return distillation.problem(training, started).init(jax.random.key(seed))


@pytest.mark.parametrize("experiment", sorted(set(trainings().values())))
def test_every_loss_is_a_mean_over_the_tasks_of_its_batch(experiment):
    for training in (one for one, name in trainings().items() if name == experiment):
        problem = distillation.problem(training, started)
        params, drawn = problem.init(jax.random.key(1)), problem.sample(jax.random.key(2))
        half = blocks.batch_size(drawn) // 2
        cuts = np.s_[: 2 * half, :half, half : 2 * half]
        batch, *parts = (jax.tree.map(lambda leaf, s=s: leaf[s], drawn) for s in cuts)
        loss = jax.jit(problem.loss)
        mean = (loss(params, parts[0]) + loss(params, parts[1])) / 2
        np.testing.assert_allclose(mean, loss(params, batch), rtol=1e-4, err_msg=training.name)
