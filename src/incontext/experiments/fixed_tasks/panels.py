"""Curves of training and test loss, losses at the end."""

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.baselines import gradient_descent
from incontext.experiments import comparison, expected, prompts, tables
from incontext.experiments.fixed_tasks.config import Config, fixed_set, title
from incontext.networks.network import Networks
from incontext.networks.training import half_squared_error
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Prompt

TEST = "test loss"


def curves(config: Config, named: Mapping[str, Networks]) -> pd.DataFrame:
    """Losses and alignment over training: columns model, seed, step, metric, value.

    Metric "loss" is that of the whole fixed set.  Paper A, Figures 15 (right) and 16.
    """
    frames = [tables.curves(one, name, _along(config, one)) for name, one in named.items()]
    return pd.concat(frames, ignore_index=True)


def _along(config: Config, networks: Networks) -> dict[str, np.ndarray]:
    """Loss on fresh tasks and alignment with one gradient step over training, [S, K]."""
    function = networks.training.function()
    prompt = fixed_batch(config.task, config.evaluation_size, 0)
    assert isinstance(prompt, Prompt)
    eta = expected.one_step(config.task).learning_rate

    def measure(params: PyTree) -> dict[str, Array]:
        errors = half_squared_error(function.predict(params, prompt), prompt.targets)
        alignment = prompts.alignment_metrics(
            function, params, prompt, lambda p: gradient_descent.predict(p, [eta])
        )
        return {TEST: jnp.mean(errors), **alignment}

    return networks.along(measure)


def ends(config: Config, trained: Sequence[Networks]) -> pd.DataFrame:
    """Losses after training: columns model, num_tasks, set, seed, training, test.

    Training is the loss of the whole set, test that of fresh tasks.
    """
    estimates = comparison.final_losses(
        config.task,
        [one.learner(one.training.folder) for one in trained],
        batch_size=config.evaluation_size,
        num_batches=config.final_batches,
    )
    frames = [
        pd.DataFrame(
            {
                "model": title(one.training),
                "num_tasks": fixed_set(one.training).num_prompts,
                "set": fixed_set(one.training).set_seed,
                "seed": one.seeds,
                "training": one.losses[:, -1],
                "test": np.asarray(estimate.mean),
            }
        )
        for one, estimate in zip(trained, estimates, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def least_squares(config: Config, num_tasks: Sequence[int]) -> pd.DataFrame:
    """What least squares with as many numbers as the layer has would lose on a set of B tasks.

    training = L (1 - p / B),  test = L (1 + p / (B - p - 1)) for p numbers and the least
    possible loss L; a size B <= p + 1 has no test loss and is left out.  Columns num_tasks,
    training, test.

    Source: expectation for normal features and independent noise, which ours are not.
    """
    least, count = expected.one_step(config.task).loss, config.num_weights
    sizes = np.asarray([size for size in num_tasks if size > count + 1], float)
    return pd.DataFrame(
        {
            "num_tasks": sizes.astype(int),
            "training": least * (1 - count / sizes),
            "test": least * (1 + count / (sizes - count - 1)),
        }
    )
