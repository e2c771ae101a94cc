"""Sweeps over scales keep the task that they are given."""

import jax.numpy as jnp
import pytest

from incontext.analysis import learners
from incontext.experiments.comparison import ScaleSweep
from incontext.tasks.regression import LinearRegression


def test_other_distributions_keep_the_scale_of_the_task():
    small = LinearRegression(7, 5, output_dim=3, target_scale=0.01)
    large = LinearRegression(7, 5, output_dim=3, target_scale=0.1)
    zero = learners.algorithm("zero", lambda prompt: jnp.zeros_like(prompt.query_targets))
    sweep = ScaleSweep(inputs=(), mixture=(1.0,), num_tasks=11)
    losses = [sweep.table(task, [zero])["loss"] for task in (small, large)]
    assert float(losses[1].iloc[0] / losses[0].iloc[0]) == pytest.approx(100.0, rel=1e-4)
